// Walks several ranges of the family index as one list, in the order that they share (key_space.hpp), each place once.
// Belongs to one thread; for the files of this box.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/store_reader.hpp"

namespace baton {

class IndexScan {
 public:
  struct Bounds {
    std::string from;    // Inclusive; empty is the beginning.
    std::string before;  // Exclusive; empty is the end.
  };

  // `prefixes` are the ranges, without duplicates. Ascending from the first place above `after`, descending from the first
  // below it; an empty `after` is the beginning of the walk.
  IndexScan(const StoreReader& reader, const std::vector<std::string>& prefixes, bool descending, const Bounds& bounds,
            std::string_view after);

  [[nodiscard]] bool valid() const { return best_ != nullptr; }
  // The key behind its prefix. Borrowed until next(). Precondition: valid().
  [[nodiscard]] std::string_view order() const { return best_->order(); }
  void next();
  // Goes on to `order`, or to what comes next in the walk; never back. Precondition: valid().
  void seek(std::string_view order);
  [[nodiscard]] Status status() const;

 private:
  struct Range {
    std::string prefix;
    std::string lower;
    std::string upper;
    rocksdb::Slice lower_slice;
    rocksdb::Slice upper_slice;
    std::unique_ptr<rocksdb::Iterator> rows;
    [[nodiscard]] std::string_view order() const {
      const rocksdb::Slice key = rows->key();
      return std::string_view(key.data(), key.size()).substr(prefix.size());
    }
  };
  void choose();
  void advance(Range& range) const;
  // True when the range stands before `order` in the walk.
  [[nodiscard]] bool stands_before(const Range& range, std::string_view order) const;

  const Rocks& rocks_;
  bool descending_;
  std::vector<std::unique_ptr<Range>> ranges_;
  Range* best_ = nullptr;
};

}  // namespace baton
