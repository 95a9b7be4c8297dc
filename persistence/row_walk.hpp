// Walks over the rows of a family in the order of their keys, and opens what is sealed. For the files that read records.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "persistence/keys/row_opener.hpp"
#include "persistence/rocks.hpp"
#include "persistence/store.hpp"

namespace baton {

// Calls each(key, value) -> Result<bool>, in the order of keys, for the rows above `after` while the key has `prefix`, until
// it gives false. What was sealed for somebody who is erased is passed over. Errors: the store's, and those of `each`.
template <typename Each>
[[nodiscard]] Status walk_rows(const Store& store, rocksdb::ReadOptions options, ColumnFamily family,
                               std::string_view prefix, std::string_view after, Each&& each) {
  const Rocks& rocks = store.rocks();
  options.total_order_seek = prefix.empty();
  options.prefix_same_as_start = !prefix.empty();
  const std::string end = prefix.empty() ? std::string() : keys::end_of(prefix);
  const rocksdb::Slice upper = slice(end);
  if (!end.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator(options, rocks.family(family)));
  rows->Seek(slice(after.empty() ? prefix : after));
  if (!after.empty() && rows->Valid() && view(rows->key()) == after) rows->Next();
  std::string opened;
  for (; rows->Valid(); rows->Next()) {
    const auto plain = open_row(store.keys(), family, view(rows->key()), view(rows->value()), opened);
    if (!plain.ok() && plain.error().code == ErrorCode::erased) continue;
    if (!plain.ok()) return plain.error();
    const Result<bool> more = each(view(rows->key()), *plain);
    if (!more.ok()) return more.error();
    if (!*more) break;
  }
  return rows->status().ok() ? success() : Status(read_error(rocks, rows->status(), "the store cannot be read"));
}

}  // namespace baton
