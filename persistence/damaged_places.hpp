// Where the store was found damaged: a block that does not hold its checksum is one place, whoever meets it and however
// often. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

class Store;

class DamagedPlaces {
 public:
  // `said`: RocksDB's words, which name file and offset. True when the place is a new one.
  bool note(std::string_view said);
  // True when these words, or a text that holds them, speak of a place that was noted.
  [[nodiscard]] bool knows(std::string_view text) const;
  [[nodiscard]] std::uint64_t count() const;
  // What was said of each place that was noted since the last call.
  [[nodiscard]] std::vector<std::string> take_new();

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> places_;
  std::vector<std::string> new_;
};

// "000036.sst offset 4096" of a text that names a table and a block in it; the whole text where it names none.
[[nodiscard]] std::string_view damaged_place_in(std::string_view text);

// Of this store, since it was opened.
[[nodiscard]] DamagedPlaces& damaged_places(const Store& store);

}  // namespace baton
