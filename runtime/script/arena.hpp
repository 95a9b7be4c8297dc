// The memory of one Lua state: small blocks are cut from pages of its own. A state has some hundred objects of a few dozen
// bytes, made together and dropped together: so they lie side by side, and go back page by page instead of one by one.
// Owned by one Sandbox. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

namespace baton::script {

class ArenaImage;

class Arena {
 public:
  // `zeroed`: what a block is given was zero before, so that an ArenaImage finds no remains of addresses in the gaps
  // between the members of what lies there.
  explicit Arena(bool zeroed = false);
  // A copy of what the image shows, which is `owner`'s.
  Arena(const ArenaImage& image, const void* owner);
  // Gives back everything, whether it was released or not.
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // As realloc: `block` null makes a new one, aligned to 16 bytes. `old_size` is what it was made or resized with, and 0
  // for a new one. Null, with the old block as it was, when there is no memory. Precondition: new_size > 0.
  [[nodiscard]] void* resize(void* block, std::size_t old_size, std::size_t new_size) noexcept;
  // `block` may be null.
  void release(void* block, std::size_t size) noexcept;
  // Remembers every block as it is now, in the place of what was remembered before.
  void keep();
  // Makes all blocks what they were at keep(), at the same addresses; what is newer is given back. Precondition: keep().
  void rewind() noexcept;
  // Lets go of what keep() remembered. Precondition: nothing has changed since keep() or rewind().
  void forget() noexcept;
  [[nodiscard]] bool is_kept() const noexcept { return kept_ != nullptr; }
  // Bytes taken from the process: released small blocks stay held until the end, for others of their size.
  [[nodiscard]] std::size_t held() const noexcept { return held_; }
  // Of a copy, before it has grown: where the image was written.
  [[nodiscard]] void* first_page() const noexcept { return pages_; }

 private:
  friend class ArenaImage;
  static constexpr std::size_t kGrain = 16;
  static constexpr std::size_t kLargestSmall = 1536;  // A coroutine's stack, once grown, is one of them.
  struct Free {
    Free* next;
  };
  struct alignas(kGrain) Page {
    Page* next;
    std::size_t size;  // With this header.
  };
  struct alignas(kGrain) Large {  // In front of a block that is not small.
    Large* next;
    Large* previous;
    std::size_t size;  // Of the block.
    bool kept;         // It stays where it is until the end: rewind() wants it back.
  };
  struct Kept;
  using FreeLists = std::array<Free*, kLargestSmall / kGrain + 1>;
  static bool is_small(std::size_t size) { return size <= kLargestSmall; }
  static std::size_t class_of(std::size_t size) { return (size + kGrain - 1) / kGrain; }
  void* resize_as_is(void* block, std::size_t old_size, std::size_t new_size) noexcept;
  void* take_small(std::size_t size) noexcept;
  void* split_larger(std::size_t grains) noexcept;
  bool add_page() noexcept;
  void* resize_large(void* block, std::size_t old_size, std::size_t new_size) noexcept;

  FreeLists free_{};        // By size in grains.
  char* unused_ = nullptr;  // Of the newest page.
  char* end_ = nullptr;
  Page* pages_ = nullptr;
  Large* large_ = nullptr;
  std::size_t held_ = 0;
  bool zeroed_ = false;
  std::unique_ptr<Kept> kept_;
};

}  // namespace baton::script
