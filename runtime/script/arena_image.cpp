#include "runtime/script/arena_image.hpp"

#include <cstring>
#include <new>

#include "runtime/base/assert.hpp"

namespace baton::script {
namespace {

std::uintptr_t number_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

std::uintptr_t word_at(const char* bytes) {
  std::uintptr_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

void set_word(char* bytes, std::uintptr_t word) { std::memcpy(bytes, &word, sizeof word); }

}  // namespace

ArenaImage::ArenaImage(const Arena& arena, const void* owner) : bytes_(sizeof(Arena::Page), '\0') {
  BATON_ASSERT(arena.zeroed_);
  for (const Arena::Page* page = arena.pages_; page != nullptr; page = page->next) {
    const std::uintptr_t begin = number_of(page + 1);
    const std::uintptr_t end = page == arena.pages_ ? number_of(arena.unused_) : number_of(page) + page->size;
    take(begin, end - begin);
  }
  for (const Arena::Large* large = arena.large_; large != nullptr; large = large->next) {
    take(number_of(large), sizeof(Arena::Large) + large->size);
    // In a copy it is no block of its own: `kept` says that it stays until the end.
    new (&bytes_[ranges_.back().place]) Arena::Large{nullptr, nullptr, large->size, true};
  }
  find_addresses(number_of(owner));
  for (std::size_t grains = 0; grains < free_.size(); ++grains) {
    const std::uintptr_t first = number_of(arena.free_[grains]);
    free_[grains] = reinterpret_cast<Arena::Free*>(first == 0 ? 0 : place_of(first));
  }
}

void ArenaImage::take(std::uintptr_t begin, std::size_t size) {
  const std::size_t place = bytes_.size() + (begin - bytes_.size()) % kStride;
  ranges_.push_back({begin, size, place});
  bytes_.resize(place);
  bytes_.append(reinterpret_cast<const char*>(begin), size);
  bytes_.resize((bytes_.size() + Arena::kGrain - 1) / Arena::kGrain * Arena::kGrain);
}

void ArenaImage::find_addresses(std::uintptr_t owner) {
  for (const Range& range : ranges_) {
    for (std::size_t at = range.place; at + sizeof(std::uintptr_t) <= range.place + range.size;
         at += sizeof(std::uintptr_t)) {
      const std::uintptr_t word = word_at(&bytes_[at]);
      if ((word | 1) == (owner | 1)) {
        owners_.push_back(static_cast<std::uint32_t>(at));
        set_word(&bytes_[at], word - owner);
      } else if (const std::size_t place = find(word); place != 0) {
        addresses_.push_back(static_cast<std::uint32_t>(at));
        set_word(&bytes_[at], place);
      }
    }
  }
}

// The end of a block is an address too: Lua remembers the ends of stacks and of tables.
std::size_t ArenaImage::find(std::uintptr_t address) const {
  for (const Range& range : ranges_) {
    if (address >= range.begin && address <= range.begin + range.size) return range.place + (address - range.begin);
  }
  return 0;
}

std::size_t ArenaImage::place_of(std::uintptr_t address) const {
  const std::size_t place = find(address);
  BATON_ASSERT(place != 0);
  return place;
}

void ArenaImage::write(void* base, const void* owner) const {
  char* const bytes = static_cast<char*>(base);
  std::memcpy(bytes, bytes_.data(), bytes_.size());
  const std::uintptr_t begin = number_of(base);
  for (const std::uint32_t at : addresses_) set_word(bytes + at, word_at(bytes + at) + begin);
  for (const std::uint32_t at : owners_) set_word(bytes + at, word_at(bytes + at) + number_of(owner));
}

}  // namespace baton::script
