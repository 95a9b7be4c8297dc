#include "persistence/ledger/prune.hpp"

#include <boost/json/object.hpp>

#include "runtime/model/audit_record.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {

using namespace ledger_rows;

namespace {

// The row that `index` lies within, from `index` on; empty when a row begins there.
Result<std::string> tail_from(const LedgerSource& source, std::uint64_t index, std::uint64_t size) {
  if (index == size || source.get(entries_key(index))) return std::string();
  const auto row = source.floor(entries_key(index));
  const auto first = row ? number_in_key(row->key) : std::nullopt;
  const auto entries = row ? read_entries(row->value) : Result<Entries>(Entries{});
  if (!entries.ok()) return entries.error();
  EntriesWriter tail;
  std::string_view rest = entries->list;
  for (std::uint64_t at = first.value_or(index); at < first.value_or(index) + entries->count; ++at) {
    const auto leaf = take_entry(rest);
    if (!leaf) break;
    if (at >= index) tail.add(*leaf);
  }
  if (tail.count() == 0) {
    return Error{ErrorCode::store_corrupt, "the ledger has no entries at " + std::to_string(index),
                 "restore the store from a backup"};
  }
  return std::string(tail.value());
}

}  // namespace

Result<PrunePlan> PrunePlan::begin(const LedgerReader& reader, std::uint64_t to, std::uint64_t signed_size) {
  const auto pruned = reader.pruned();
  if (!pruned.ok()) return pruned.error();
  if (to % kTileWidth != 0 || to < pruned->minimum || to > signed_size) {
    return Error{ErrorCode::bad_field, "the ledger cannot begin at " + std::to_string(to),
                 "a multiple of 256 from " + std::to_string(pruned->minimum) + " to " + std::to_string(signed_size)};
  }
  auto tail = tail_from(reader.source(), to, signed_size);
  if (!tail.ok()) return tail.error();
  return PrunePlan(reader, pruned->minimum, to, *std::move(tail));
}

Status PrunePlan::step(std::size_t count, const LookAtLeaf& look) {
  for (; count > 0 && !done(); --count) {
    const std::uint64_t index = cursor_->index();
    const auto leaf = cursor_->next();
    if (!leaf.ok()) return leaf.error();
    if (const Status seen = look(index, *leaf); !seen.ok()) return seen;
    append_entry(bundle_, *leaf);
    if (cursor_->index() % kTileWidth != 0) continue;
    digest_.add(bundle_);
    bundle_.clear();
  }
  return success();
}

std::optional<std::uint64_t> minimum_index_in(std::string_view leaf) {
  // Looked for before it is parsed: nearly no leaf is one.
  if (leaf.find(action::kLedgerPruned) == std::string_view::npos) return std::nullopt;
  const auto document = parse_own_document(leaf);
  if (!document.ok() || !document->is_object()) return std::nullopt;
  const boost::json::object& fields = document->get_object();
  const auto* what = fields.if_contains("action");
  const auto* after = fields.if_contains("after");
  if (what == nullptr || !what->is_string() || what->get_string() != action::kLedgerPruned) return std::nullopt;
  if (after == nullptr || !after->is_object()) return std::nullopt;
  const auto* minimum = after->get_object().if_contains("minimum_index");
  if (minimum == nullptr || !minimum->is_int64() || minimum->get_int64() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(minimum->get_int64());
}

}  // namespace baton
