#include "gateway/api/idempotency.hpp"

#include <cstdio>

#include "gateway/auth/caller.hpp"
#include "runtime/base/codec.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr Duration kKept{24 * 3'600'000};         // As long as clients are told that a key is good for.
constexpr std::size_t kLargestAnswer = 16 << 10;  // A larger one is not kept, only that it was given.
constexpr std::size_t kSweptAtOnce = 2;           // Rows that go for each that comes: their number stays bounded.
constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kAnswers = "answers";
constexpr std::string_view kAges = "answer_ages";

// docs/formats/keys.md has the grammar.
struct KeptAnswer {
  Instant expires;
  std::string body;
  int status = 0;
  JsonText answer;  // Empty when it was not kept.
};

std::string encode(const KeptAnswer& kept) {
  Writer writer;
  writer.u8(kVersion).i64(kept.expires.ms);
  writer.bytes(kept.body).varint(static_cast<std::uint64_t>(kept.status)).bytes(kept.answer);
  return std::move(writer).take();
}

std::optional<KeptAnswer> decode(std::string_view bytes) {
  Reader reader(bytes);
  KeptAnswer kept;
  if (reader.u8() != kVersion) return std::nullopt;
  kept.expires.ms = reader.i64();
  kept.body = reader.text();
  kept.status = static_cast<int>(reader.varint());
  kept.answer = reader.text();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return kept;
}

// Sorts by time.
std::string age_of(Instant expires, const std::string& row) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(std::max<std::int64_t>(expires.ms, 0)));
  return std::string(digits) + "/" + row;
}

Error mismatch() {
  return {ErrorCode::idempotency_mismatch, "this Idempotency-Key came with another body before",
          "use a new key for a new request"};
}

}  // namespace

Result<IdempotencyKeys::Found> IdempotencyKeys::look(const HttpRequest& request, std::string_view key, const Node& node,
                                                     Waiter waiter) {
  if (key.size() > limits::kNameSize || !is_valid_utf8(key)) {
    return Error{ErrorCode::bad_field, "the Idempotency-Key is not 1 to 200 bytes of UTF-8", "send a UUID"};
  }
  Found found;
  // An answer is given again to the one who got it first, and to nobody else.
  const std::string asker =
      request.caller ? request.caller->principal.subject + " " + request.caller->principal.role : "";
  found.ticket.name = request.method + " " + std::string(request.path()) + " " + std::string(key) + " " + asker;
  found.ticket.body = to_hex(sha256(request.body));
  const std::lock_guard lock(mutex_);
  if (const auto first = under_way_.find(found.ticket.name); first != under_way_.end()) {
    if (first->second.body != found.ticket.body) return mismatch();
    first->second.waiters.push_back(std::move(waiter));
    found.under_way = true;
    return found;
  }
  if (const auto known = by_name_.find(found.ticket.name); known != by_name_.end()) {
    if (known->second->ticket.body != found.ticket.body) return mismatch();
    found.answer = known->second->answer;
    return found;
  }
  const auto row = node.reader().named(kAnswers, to_hex(sha256(found.ticket.name)));
  if (!row.ok()) return row.error();
  if (const auto kept = *row ? decode(**row) : std::nullopt; kept && node.now() < kept->expires) {
    if (kept->body != found.ticket.body) return mismatch();
    if (!kept->answer.empty()) {
      found.answer = kept->answer;
      return found;
    }
  }
  under_way_[found.ticket.name].body = found.ticket.body;
  return found;
}

Rider IdempotencyKeys::rider(Ticket ticket, int status, const Node& node) {
  return [this, ticket = std::move(ticket), status, &node](const JsonText& answer) {
    const bool is_kept = answer.size() <= kLargestAnswer && answer.starts_with('{');
    const KeptAnswer kept{node.now() + kKept, ticket.body, status, is_kept ? answer : JsonText()};
    const std::string row = to_hex(sha256(ticket.name));
    std::vector<Change> rows;
    add_expired(rows, node);
    rows.push_back(PutNamed{std::string(kAnswers), row, encode(kept)});
    rows.push_back(PutNamed{std::string(kAges), age_of(kept.expires, row), std::string()});
    return rows;
  };
}

void IdempotencyKeys::add_expired(std::vector<Change>& rows, const Node& node) {
  const std::lock_guard lock(mutex_);
  const auto oldest = node.reader().named_all(kAges, {}, swept_, kSweptAtOnce);
  if (!oldest.ok()) return;  // They stay for the next.
  for (const auto& [age, nothing] : *oldest) {
    if (age >= age_of(node.now(), {})) return;
    rows.push_back(PutNamed{std::string(kAges), age, std::nullopt});
    // The key may have been used anew since: then its row is of another age.
    const std::string name = age.substr(age.find('/') + 1);
    const auto row = node.reader().named(kAnswers, name);
    const auto kept = row.ok() && *row ? decode(**row) : std::nullopt;
    if (kept && kept->expires <= node.now()) rows.push_back(PutNamed{std::string(kAnswers), name, std::nullopt});
    swept_ = age;
  }
}

void IdempotencyKeys::finish(const Ticket& ticket, const Result<JsonText>& answer) {
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto first = under_way_.find(ticket.name);
    if (first == under_way_.end()) return;
    waiters = std::move(first->second.waiters);
    under_way_.erase(first);
    if (answer && !by_name_.contains(ticket.name)) {
      rows_.push_back({ticket, answer->empty() ? JsonText("{}") : *answer});
      by_name_.emplace(ticket.name, std::prev(rows_.end()));
    }
    if (rows_.size() > capacity_) {
      by_name_.erase(rows_.front().ticket.name);
      rows_.pop_front();
    }
  }
  for (const Waiter& waiter : waiters) waiter(answer);
}

std::string instance_id_of_key(std::string_view workflow, std::string_view subject, std::string_view key) {
  const std::string hash =
      to_hex(sha256(std::string(workflow) + '\0' + std::string(key) + '\0' + std::string(subject)));
  return std::string(workflow) + "-" + hash.substr(0, 24);
}

}  // namespace baton
