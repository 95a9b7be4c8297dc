// What an Arena holds, as one piece of memory that can be had again at any address: a copy costs microseconds where making
// its content anew costs some dozen. Immutable, so that any number of threads may copy it. Pure.
//
// Which words are addresses is found by their value: one that points into the arena is an address, or what is left of one
// (a union whose second member is shorter than the first: Lua's closed upvalues have a type where a lowest byte was). So
// - the arena has zeroes in the gaps between members, and no remains;
// - what lies in a copy lies as many strides away as a whole number says: lowest bytes stay as they are;
// - nothing may depend on where a block lies, as the place of a key does that is hashed by its address. Sandbox::picture()
//   sees to that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/script/arena.hpp"

namespace baton::script {

class ArenaImage {
 public:
  // Words of `arena`, which was made to be zeroed, that are `owner`, or that with its lowest bit set, are the new owner's in a copy.
  ArenaImage(const Arena& arena, const void* owner);

  // Bytes of a copy, before anything is added to it.
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  // Where in a copy at `base` that lies which lay at `address` in the arena. Precondition: it is an address of the arena.
  template <typename T>
  [[nodiscard]] T* at(T* address, void* base) const {
    return reinterpret_cast<T*>(static_cast<char*>(base) + place_of(reinterpret_cast<std::uintptr_t>(address)));
  }

 private:
  friend class Arena;
  struct Range {
    std::uintptr_t begin;
    std::size_t size;
    std::size_t place;  // In the image.
  };
  static constexpr std::size_t kStride = 256;
  // Writes the copy to `base`, which has room for size() bytes and is aligned to kStride.
  void write(void* base, const void* owner) const;
  void take(std::uintptr_t begin, std::size_t size);
  void find_addresses(std::uintptr_t owner);
  // 0, which no block has, when it is not an address of the arena.
  [[nodiscard]] std::size_t find(std::uintptr_t address) const;
  [[nodiscard]] std::size_t place_of(std::uintptr_t address) const;

  std::string bytes_;  // Behind room for a page's header; words that are addresses are places in the image.
  std::vector<Range> ranges_;
  std::vector<std::uint32_t> addresses_;  // Places of these words.
  std::vector<std::uint32_t> owners_;
  Arena::FreeLists free_;  // Places, as if the image lay at address 0.
};

}  // namespace baton::script
