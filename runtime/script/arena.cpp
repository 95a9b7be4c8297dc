#include "runtime/script/arena.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace baton::script {
namespace {

constexpr std::size_t kSmallestPage = 8u << 10;  // A fresh state with its library fills two.
constexpr std::size_t kLargestPage = 64u << 10;

}  // namespace

Arena::~Arena() {
  for (Page* page = pages_; page != nullptr;) std::free(std::exchange(page, page->next));
  for (Large* large = large_; large != nullptr;) std::free(std::exchange(large, large->next));
}

void* Arena::resize(void* block, std::size_t old_size, std::size_t new_size) noexcept {
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
  if (static_cast<std::size_t>(end_ - unused_) < bytes && !add_page()) return nullptr;
  return std::exchange(unused_, unused_ + bytes);
}

// Pages grow with the state, so that a small one holds little and a large one has few.
bool Arena::add_page() noexcept {
  const std::size_t size = std::clamp(held_ / 4 / kSmallestPage * kSmallestPage, kSmallestPage, kLargestPage);
  void* const bytes = std::malloc(size);
  if (bytes == nullptr) return false;
  pages_ = new (bytes) Page{pages_};
  unused_ = static_cast<char*>(bytes) + sizeof(Page);
  end_ = static_cast<char*>(bytes) + size;
  held_ += size;
  return true;
}

void* Arena::resize_large(void* block, std::size_t old_size, std::size_t new_size) noexcept {
  Large* const old = block == nullptr ? nullptr : static_cast<Large*>(block) - 1;
  auto* const large = static_cast<Large*>(std::realloc(old, new_size + sizeof(Large)));
  if (large == nullptr) return nullptr;
  if (block == nullptr) {
    *large = Large{large_, nullptr};
    if (large_ != nullptr) large_->previous = large;
    large_ = large;
    held_ += new_size + sizeof(Large);
  } else {
    (large->previous != nullptr ? large->previous->next : large_) = large;
    if (large->next != nullptr) large->next->previous = large;
    held_ += new_size - old_size;
  }
  return large + 1;
}

}  // namespace baton::script
