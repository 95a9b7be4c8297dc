#include "persistence/key_space.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/byte_scan.hpp"

namespace baton {

std::string_view name_of(ColumnFamily family) noexcept {
  switch (family) {
    case ColumnFamily::meta: return "default";  // RocksDB gives the first family this name.
    case ColumnFamily::instances: return "instances";
    case ColumnFamily::journal: return "journal";
    case ColumnFamily::pending: return "pending";
    case ColumnFamily::timers: return "timers";
    case ColumnFamily::tasks: return "tasks";
    case ColumnFamily::incidents: return "incidents";
    case ColumnFamily::outbox: return "outbox";
    case ColumnFamily::patients: return "patients";
    case ColumnFamily::events: return "events";
    case ColumnFamily::messages: return "messages";
    case ColumnFamily::named: return "named";
    case ColumnFamily::index: return "index";
    case ColumnFamily::audit: return "audit";
  }
  return "unknown";
}

namespace keys {
namespace {

constexpr char kEscape = 0x01;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
constexpr std::size_t kIndexedAttributeSize = 200;

// Spaces of named rows by number. A number is never reused.
struct NamedSpace {
  std::string_view name;
  std::uint8_t number;
  NamedSeal seal = NamedSeal::turn;
};
constexpr std::array kNamedSpaces = {
    NamedSpace{"bundles", 1, NamedSeal::clear},      // <bundle hash>/<path> or <bundle hash> -> sources, manifest
    NamedSpace{"deployments", 2, NamedSeal::house},  // <workflow> and deployment records
    NamedSpace{"schedules", 3, NamedSeal::house},    // <schedule id>
    NamedSpace{"settings", 4, NamedSeal::house},     // <name>
    NamedSpace{"answers", 5},                        // <idempotency key> -> the answer given to it
    NamedSpace{"calendars", 6, NamedSeal::clear},    // <name>@<version>
    NamedSpace{"checks", 7, NamedSeal::house},       // <bundle hash> -> report of baton check
    NamedSpace{"people", 8, NamedSeal::house},       // user/ session/ key/ link/; docs/formats/people.md
    NamedSpace{"keys", 9, NamedSeal::clear},         // Never used.
    NamedSpace{"destinations", 10, NamedSeal::house},
    NamedSpace{"policies", 11, NamedSeal::clear},
    NamedSpace{"mappings", 12, NamedSeal::clear},
    NamedSpace{"alerts", 20},                             // text(instance) u32(number) -> AlertRecord
    NamedSpace{"rotas", 21, NamedSeal::house},            // <unit> and <unit>@<version> -> who is on duty when
    NamedSpace{"covers", 22, NamedSeal::house},           // <id> -> who stands in for whom
    NamedSpace{"assignments", 23},                        // <task id>: it waits until somebody is chosen
    NamedSpace{"views", 24, NamedSeal::house},            // <person> U+001F <name> -> a filter that they keep
    NamedSpace{"batches", 30, NamedSeal::house},          // <batch id> -> what it does and how far it is
    NamedSpace{"batch_items", 31, NamedSeal::house},      // <batch id>/<chunk> -> what it is done to
    NamedSpace{"batch_marks", 32, NamedSeal::house},      // <batch id>/<position> -> written in the turn that did it
    NamedSpace{"batch_results", 33, NamedSeal::house},    // <batch id>/<chunk> -> what did not come out plainly
    NamedSpace{"standing_pauses", 34, NamedSeal::house},  // <pause id> -> what is paused until further notice
    NamedSpace{"slo", 35, NamedSeal::clear},              // see runtime/engine/slo.hpp
    NamedSpace{"paused_by", 36, NamedSeal::clear},        // <batch or pause id>/<instance>, while that has paused it
    NamedSpace{"key_owners", 40, NamedSeal::clear},       // <owner's pseudonym> -> number of its key; by row_sealer.cpp
    NamedSpace{"keys_used", 41, NamedSeal::clear},        // "last" -> the greatest number given away; likewise
    NamedSpace{"keys_retired", 42, NamedSeal::clear},     // <erasure>/<number> -> to be destroyed; likewise
    NamedSpace{"erasures", 43, NamedSeal::house},         // <id> -> what was asked, decided and done
    NamedSpace{"pseudonyms", 44},                     // <patient's pseudonym> -> the patient's id; by row_sealer.cpp
    NamedSpace{"holds", 50},                          // <hold id> -> legal hold, see holds.hpp
    NamedSpace{"answer_ages", 60, NamedSeal::clear},  // <when an answer goes>/<its key in answers> -> nothing
};

std::optional<std::uint8_t> space_number(std::string_view name) {
  for (const NamedSpace& space : kNamedSpaces) {
    if (space.name == name) return space.number;
  }
  return std::nullopt;
}

void append_u8(std::string& key, std::uint8_t value) { key.push_back(static_cast<char>(value)); }

void append_address(std::string& key, const Address& address) {
  append_u8(key, static_cast<std::uint8_t>(address.kind));
  append_text(key, address.id);
}

Address take_address(Parts& parts) {
  const std::uint8_t kind = parts.u8();
  return {static_cast<ActorKind>(kind), parts.text()};
}

}  // namespace

void append_text(std::string& key, std::string_view text) {
  constexpr std::uint8_t kPlain = 0x02;  // From here on a byte stands for itself.
  static_assert(kEscape + 1 == kPlain);
  for (std::size_t from = 0;;) {
    const std::size_t at = byte_scan::find(
        text, from, [](std::uint64_t word) { return byte_scan::below(word, kPlain); },
        [](std::uint8_t byte) { return byte < kPlain; });
    key.append(text, from, at - from);
    if (at == text.size()) break;
    key.push_back(kEscape);
    key.push_back(text[at] == 0 ? 0x01 : 0x02);
    from = at + 1;
  }
  key.push_back(0);
}

void append_time(std::string& key, Instant at) { append_u64(key, static_cast<std::uint64_t>(at.ms) ^ kSignBit); }

void append_u32(std::string& key, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(value >> shift));
}

void append_u64(std::string& key, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(value >> shift));
}

std::string_view Parts::take(std::size_t size) {
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view part = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return part;
}

std::uint8_t Parts::u8() {
  const std::string_view part = take(1);
  return part.empty() ? 0 : static_cast<std::uint8_t>(part.front());
}

std::uint32_t Parts::u32() {
  std::uint32_t value = 0;
  for (const char c : take(4)) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

std::uint64_t Parts::u64() {
  std::uint64_t value = 0;
  for (const char c : take(8)) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

Instant Parts::time() {
  const std::uint64_t value = u64();
  return {static_cast<std::int64_t>(value ^ kSignBit)};
}

std::string Parts::text() {
  std::string text;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == 0) {
      rest_.remove_prefix(i + 1);
      return text;
    }
    if (c != kEscape) {
      text.push_back(c);
      continue;
    }
    if (++i == rest_.size() || (rest_[i] != 0x01 && rest_[i] != 0x02)) break;
    text.push_back(rest_[i] == 0x01 ? '\0' : kEscape);
  }
  ok_ = false;
  rest_ = {};
  return {};
}

std::string Parts::id() {
  const std::string_view part = take(rest_.size());
  return std::string(part);
}

std::string of_instance(std::string_view instance) {
  std::string key;
  key.reserve(instance.size() + 6);
  append_text(key, instance);
  return key;
}

std::string in_instance(std::string_view instance, std::uint32_t number) {
  std::string key = of_instance(instance);
  append_u32(key, number);
  return key;
}

std::optional<InInstance> parse_in_instance(std::string_view key) {
  Parts parts(key);
  InInstance found;
  found.instance = parts.text();
  found.number = parts.u32();
  if (!parts.complete()) return std::nullopt;
  return found;
}

std::string timer(const TimerRecord& timer) {
  std::string key;
  key.reserve(timer.instance.size() + 16);
  append_time(key, timer.due);
  append_text(key, timer.instance);
  append_u32(key, timer.seq);
  append_u8(key, static_cast<std::uint8_t>(timer.purpose));
  return key;
}

std::string timers_after(Instant at) {
  std::string key;
  append_time(key, at == kNeverDue ? at : Instant{at.ms + 1});
  return key;
}

std::optional<TimerRecord> parse_timer(std::string_view key) {
  Parts parts(key);
  TimerRecord timer;
  timer.due = parts.time();
  timer.instance = parts.text();
  timer.seq = parts.u32();
  timer.purpose = static_cast<TimerPurpose>(parts.u8());
  if (!parts.complete()) return std::nullopt;
  return timer;
}

std::string outbox_of(const Address& to) {
  std::string key;
  append_address(key, to);
  return key;
}

std::string outbox(const Address& from, const Address& to, std::uint64_t seq) {
  std::string key = outbox_of(to);
  append_address(key, from);
  append_u64(key, seq);
  return key;
}

std::optional<OutboxKey> parse_outbox(std::string_view key) {
  Parts parts(key);
  OutboxKey found;
  found.to = take_address(parts);
  found.from = take_address(parts);
  found.seq = parts.u64();
  if (!parts.complete()) return std::nullopt;
  return found;
}

std::string message(std::string_view source, std::string_view message_id) {
  std::string key;
  append_text(key, source);
  key.append(message_id);
  return key;
}

std::string named(std::string_view space, std::string_view key) {
  const auto number = space_number(space);
  BATON_ASSERT(number.has_value());
  std::string whole(1, static_cast<char>(*number));
  whole.append(key);
  return whole;
}

bool is_named_space(std::string_view space) noexcept { return space_number(space).has_value(); }

NamedSeal seal_of_named(std::string_view space) noexcept {
  for (const NamedSpace& each : kNamedSpaces) {
    if (each.name == space) return each.seal;
  }
  return NamedSeal::turn;
}

std::string instance_order(Instant started_at, std::string_view instance) {
  std::string key;
  append_time(key, started_at);
  key.append(instance);
  return key;
}

std::string task_order(Instant at, std::string_view instance, std::uint32_t number) {
  std::string key;
  append_time(key, at);
  append_text(key, instance);
  append_u32(key, number);
  return key;
}

std::string index(Index index) { return std::string(1, static_cast<char>(index)); }

std::string index(Index which, std::string_view text) {
  std::string key = index(which);
  append_text(key, text);
  return key;
}

std::string instances_by_workflow(std::string_view workflow, InstanceStatus status) {
  std::string key = index(Index::instances_by_workflow, workflow);
  append_u8(key, static_cast<std::uint8_t>(status));
  return key;
}

std::string instances_by_business_key(std::string_view business_key, std::string_view workflow) {
  std::string key = index(Index::instances_by_business_key, business_key);
  append_text(key, workflow);
  return key;
}

std::string instances_by_attribute(std::string_view name, std::string_view scalar, InstanceStatus status) {
  std::string key = index(Index::instances_by_attribute, name);
  append_text(key, scalar.substr(0, kIndexedAttributeSize));
  append_u8(key, static_cast<std::uint8_t>(status));
  return key;
}

std::string tasks_by_role_and_unit(std::string_view role, std::string_view unit) {
  std::string key = index(Index::unit_tasks_by_role_and_unit, role);
  append_text(key, unit);
  return key;
}

std::string patients_by_identifier(const Identifier& identifier) {
  std::string key = index(Index::patients_by_identifier, identifier.system);
  append_text(key, identifier.value);
  return key;
}

std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  BATON_ASSERT(!end.empty());
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace keys
}  // namespace baton
