#include "runtime/script/arena.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/assert.hpp"
#include "runtime/script/arena_image.hpp"

namespace baton::script {
namespace {

constexpr std::size_t kSmallestPage = 4u << 10;
constexpr std::size_t kLargestPage = 64u << 10;
constexpr std::size_t kRoomInCopy = 1u << 10;  // At least: most scripts need it before they first wait.

}  // namespace

// What is in use of each page and large block, headers included, one behind the other.
struct Arena::Kept {
  struct Range {
    char* begin;
    std::size_t size;
  };
  FreeLists free;
  char* unused;
  char* end;
  Page* pages;
  Large* large;
  std::size_t held;
  std::vector<Range> ranges;
  std::string bytes;
};

Arena::Arena(bool zeroed) : zeroed_(zeroed) {}

Arena::Arena(const ArenaImage& image, const void* owner) {
  const std::size_t size = (image.size() + kRoomInCopy + kSmallestPage - 1) / kSmallestPage * kSmallestPage;
  // On a page of the machine's: elsewhere it would take part of one more, and each copy that is held its memory.
  static_assert(kSmallestPage % ArenaImage::kStride == 0);
  void* const bytes = std::aligned_alloc(kSmallestPage, size);
  BATON_ASSERT(bytes != nullptr);
  image.write(bytes, owner);
  pages_ = new (bytes) Page{nullptr, size};
  unused_ = static_cast<char*>(bytes) + image.size();
  end_ = static_cast<char*>(bytes) + size;
  held_ = size;
  for (std::size_t grains = 0; grains < free_.size(); ++grains) {
    const auto place = reinterpret_cast<std::uintptr_t>(image.free_[grains]);
    if (place != 0) free_[grains] = reinterpret_cast<Free*>(static_cast<char*>(bytes) + place);
  }
}

Arena::~Arena() {
  for (Page* page = pages_; page != nullptr;) std::free(std::exchange(page, page->next));
  for (Large* large = large_; large != nullptr;) std::free(std::exchange(large, large->next));
}

void* Arena::resize(void* block, std::size_t old_size, std::size_t new_size) noexcept {
  void* const resized = resize_as_is(block, old_size, new_size);
  if (zeroed_ && resized != nullptr) {
    const std::size_t kept = std::min(old_size, new_size);
    const std::size_t room = is_small(new_size) ? class_of(new_size) * kGrain : new_size;
    std::memset(static_cast<char*>(resized) + kept, 0, room - kept);
  }
  return resized;
}

void* Arena::resize_as_is(void* block, std::size_t old_size, std::size_t new_size) noexcept {
  if (block != nullptr && is_small(old_size) && class_of(old_size) == class_of(new_size)) return block;
  if (!is_small(new_size) && (block == nullptr || !is_small(old_size))) return resize_large(block, old_size, new_size);
  void* const fresh = is_small(new_size) ? take_small(new_size) : resize_large(nullptr, 0, new_size);
  if (fresh == nullptr || block == nullptr) return fresh;
  std::memcpy(fresh, block, std::min(old_size, new_size));
  release(block, old_size);
  return fresh;
}

void Arena::release(void* block, std::size_t size) noexcept {
  if (block == nullptr) return;
  if (is_small(size)) {
    Free*& first = free_[class_of(size)];
    first = new (block) Free{first};
    return;
  }
  Large* const large = static_cast<Large*>(block) - 1;
  if (large->kept) return;
  (large->previous != nullptr ? large->previous->next : large_) = large->next;
  if (large->next != nullptr) large->next->previous = large->previous;
  held_ -= size + sizeof(Large);
  std::free(large);
}

void* Arena::take_small(std::size_t size) noexcept {
  const std::size_t grains = class_of(size);
  if (Free* const first = free_[grains]; first != nullptr) {
    free_[grains] = first->next;
    return first;
  }
  const std::size_t bytes = grains * kGrain;
  if (static_cast<std::size_t>(end_ - unused_) < bytes) {
    if (void* const part = split_larger(grains); part != nullptr) return part;
    if (!add_page()) return nullptr;
  }
  return std::exchange(unused_, unused_ + bytes);
}

// Only where the page is full: elsewhere a block of the right size is worth more whole.
void* Arena::split_larger(std::size_t grains) noexcept {
  for (std::size_t larger = grains + 1; larger < free_.size(); ++larger) {
    Free* const block = free_[larger];
    if (block == nullptr) continue;
    free_[larger] = block->next;
    release(reinterpret_cast<char*>(block) + grains * kGrain, (larger - grains) * kGrain);
    return block;
  }
  return nullptr;
}

// Pages grow with the state, so that a small one holds little and a large one has few. A state that is to be pictured has
// one, so that the image has no gaps.
bool Arena::add_page() noexcept {
  const std::size_t size =
      zeroed_ ? kLargestPage : std::clamp(held_ / 4 / kSmallestPage * kSmallestPage, kSmallestPage, kLargestPage);
  void* const bytes = std::malloc(size);
  if (bytes == nullptr) return false;
  const auto rest = static_cast<std::size_t>(end_ - unused_);
  if (rest > 0 && is_small(rest)) release(unused_, rest);
  pages_ = new (bytes) Page{pages_, size};
  unused_ = static_cast<char*>(bytes) + sizeof(Page);
  end_ = static_cast<char*>(bytes) + size;
  held_ += size;
  return true;
}

void* Arena::resize_large(void* block, std::size_t old_size, std::size_t new_size) noexcept {
  Large* const old = block == nullptr ? nullptr : static_cast<Large*>(block) - 1;
  if (old != nullptr && old->kept) {
    void* const fresh = resize_large(nullptr, 0, new_size);
    if (fresh != nullptr) std::memcpy(fresh, block, std::min(old_size, new_size));
    return fresh;
  }
  auto* const large = static_cast<Large*>(std::realloc(old, new_size + sizeof(Large)));
  if (large == nullptr) return nullptr;
  if (block == nullptr) {
    *large = Large{large_, nullptr, new_size, false};
    if (large_ != nullptr) large_->previous = large;
    large_ = large;
    held_ += new_size + sizeof(Large);
  } else {
    (large->previous != nullptr ? large->previous->next : large_) = large;
    if (large->next != nullptr) large->next->previous = large;
    held_ += new_size - old_size;
    large->size = new_size;
  }
  return large + 1;
}

void Arena::keep() {
  auto kept = std::make_unique<Kept>(Kept{free_, unused_, end_, pages_, large_, held_, {}, {}});
  for (Page* page = pages_; page != nullptr; page = page->next) {
    auto* const begin = reinterpret_cast<char*>(page);
    const std::size_t used = page == pages_ ? static_cast<std::size_t>(unused_ - begin) : page->size;
    kept->ranges.push_back({begin, used});
  }
  for (Large* large = large_; large != nullptr; large = large->next) {
    large->kept = true;
    kept->ranges.push_back({reinterpret_cast<char*>(large), sizeof(Large) + large->size});
  }
  std::size_t size = 0;
  for (const Kept::Range& range : kept->ranges) size += range.size;
  kept->bytes.reserve(size);
  for (const Kept::Range& range : kept->ranges) kept->bytes.append(range.begin, range.size);
  kept_ = std::move(kept);
}

void Arena::rewind() noexcept {
  BATON_ASSERT(kept_ != nullptr);
  while (pages_ != kept_->pages) std::free(std::exchange(pages_, pages_->next));
  for (Large* large = large_; large != nullptr;) {
    Large* const next = large->next;
    if (!large->kept) std::free(large);
    large = next;
  }
  const char* bytes = kept_->bytes.data();
  for (const Kept::Range& range : kept_->ranges) {
    std::memcpy(range.begin, bytes, range.size);
    bytes += range.size;
  }
  free_ = kept_->free;
  unused_ = kept_->unused;
  end_ = kept_->end;
  large_ = kept_->large;
  held_ = kept_->held;
}

// The large blocks of a copied image are none of these: they lie in its page.
void Arena::forget() noexcept {
  for (Large* large = large_; large != nullptr; large = large->next) large->kept = false;
  kept_.reset();
}

}  // namespace baton::script
