#include "persistence/damaged_places.hpp"

#include "persistence/rocks.hpp"

namespace baton {
namespace {

// A disk that falls apart need not fill the memory too; where so many places are damaged, one more says nothing.
constexpr std::size_t kMostPlaces = 4096;

}  // namespace

std::string_view damaged_place_in(std::string_view text) {
  constexpr std::string_view kOffset = ".sst offset ";
  const std::size_t offset = text.find(kOffset);
  if (offset == text.npos) return text;
  const std::size_t name = text.find_last_of('/', offset) + 1;  // 0 where there is no folder.
  const std::size_t end = text.find_first_not_of("0123456789", offset + kOffset.size());
  return text.substr(name, end == text.npos ? end : end - name);
}

bool DamagedPlaces::note(std::string_view said) {
  const std::lock_guard lock(mutex_);
  if (places_.size() >= kMostPlaces || !places_.emplace(damaged_place_in(said)).second) return false;
  new_.emplace_back(said);
  return true;
}

bool DamagedPlaces::knows(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  return places_.contains(damaged_place_in(text));
}

std::uint64_t DamagedPlaces::count() const {
  const std::lock_guard lock(mutex_);
  return places_.size();
}

std::vector<std::string> DamagedPlaces::take_new() {
  const std::lock_guard lock(mutex_);
  return std::exchange(new_, {});
}

DamagedPlaces& damaged_places(const Store& store) { return store.rocks().damaged; }

}  // namespace baton
