#include "persistence/scrub_damage.hpp"

#include <rocksdb/metadata.h>

namespace baton::scrub {
namespace {

// Some tenths of a second, once for each damaged place and pass.
constexpr std::size_t kMostWalkedBack = 200'000;

// The last key of the table that the words name, as far as it belongs to the family.
std::optional<std::string> last_key_of_file(const Rocks& rocks, ColumnFamily family, std::string_view said) {
  const std::string_view place = damaged_place_in(said);
  const std::string_view file = place.substr(0, place.find(' '));
  rocksdb::ColumnFamilyMetaData tables;
  rocks.db->GetColumnFamilyMetaData(rocks.family(family), &tables);
  for (const auto& level : tables.levels) {
    for (const auto& table : level.files) {
      if (table.name.ends_with(file)) return table.largestkey;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> place_behind(const Rocks& rocks, const rocksdb::ReadOptions& options, ColumnFamily family,
                                        std::string_view from, std::string_view said) {
  const auto last = last_key_of_file(rocks, family, said);
  if (!last) return std::nullopt;
  const std::unique_ptr<rocksdb::Iterator> at(rocks.seen().NewIterator(options, rocks.family(family)));
  std::string behind = *last + '\0';
  std::size_t walked = 0;
  for (at->SeekForPrev(slice(*last)); at->Valid() && walked < kMostWalkedBack; at->Prev(), ++walked) {
    if (view(at->key()) < from) break;
    behind = at->key().ToString();
  }
  if (at->status().IsCorruption()) rocks.damaged.note(at->status().ToString());
  if (behind <= from) return std::nullopt;  // It could not be read from there either.
  return behind;
}

}  // namespace baton::scrub
