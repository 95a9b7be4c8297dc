// The memory of a Lua state: blocks keep their bytes, do not overlap, and are used again.
#include "runtime/script/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace baton::script {
namespace {

struct Block {
  unsigned char* bytes;
  std::size_t size;
  unsigned char mark;
};

bool intact(const Block& block, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (block.bytes[i] != block.mark) return false;
  }
  return true;
}

TEST(Arena, blocks_of_any_size_keep_their_bytes_while_others_come_and_go) {
  Arena arena;
  std::mt19937 random(7);
  std::vector<Block> blocks;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t size = 1 + random() % (random() % 8 == 0 ? 5000 : 200);
    const auto mark = static_cast<unsigned char>(i);
    if (blocks.size() < 50 || random() % 3 == 0) {
      auto* const bytes = static_cast<unsigned char*>(arena.resize(nullptr, 0, size));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(bytes) % 16, 0u);
      blocks.push_back({bytes, size, mark});
      std::memset(bytes, mark, size);
      continue;
    }
    Block& block = blocks[random() % blocks.size()];
    ASSERT_TRUE(intact(block, block.size));
    if (random() % 2 == 0) {
      block.bytes = static_cast<unsigned char*>(arena.resize(block.bytes, block.size, size));
      ASSERT_TRUE(intact(block, std::min(block.size, size)));
      block.size = size;
      std::memset(block.bytes, block.mark, size);
    } else {
      arena.release(block.bytes, block.size);
      block = blocks.back();
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) EXPECT_TRUE(intact(block, block.size));
}

TEST(Arena, of_a_zeroed_one_no_block_shows_what_lay_there_before) {
  Arena arena(true);
  for (const std::size_t size : {40u, 1000u, 5000u}) {
    auto* block = static_cast<unsigned char*>(arena.resize(nullptr, 0, size));
    std::memset(block, 0xAB, size);
    arena.release(block, size);
    block = static_cast<unsigned char*>(arena.resize(nullptr, 0, size - 6));
    const std::size_t room = (size + 15) / 16 * 16;
    EXPECT_TRUE(intact({block, room, 0}, size <= 1536 ? room : size - 6)) << "also behind what was asked for";
    block = static_cast<unsigned char*>(arena.resize(block, size - 6, size / 2));
    std::memset(block, 0xAB, size / 2);
    block = static_cast<unsigned char*>(arena.resize(block, size / 2, size));
    EXPECT_TRUE(intact({block, size / 2, 0xAB}, size / 2));
    EXPECT_TRUE(intact({block + size / 2, size - size / 2, 0}, size - size / 2));
  }
}

TEST(Arena, where_the_page_is_full_a_block_is_cut_from_a_larger_one_before_the_arena_grows) {
  Arena arena;
  std::vector<void*> blocks;
  void* const first = arena.resize(nullptr, 0, 16);
  const std::size_t one_page = arena.held();
  while (arena.held() == one_page) blocks.push_back(arena.resize(nullptr, 0, 992));
  const std::size_t two_pages = arena.held();
  while (arena.held() == two_pages) blocks.push_back(arena.resize(nullptr, 0, 992));
  const std::size_t full = arena.held();
  for (void* const block : blocks) arena.release(block, 992);
  for (int i = 0; i < 3 * 62; ++i) EXPECT_NE(arena.resize(nullptr, 0, 16), first);
  EXPECT_EQ(arena.held(), full);
}

TEST(Arena, a_released_block_is_used_for_the_next_of_its_size) {
  Arena arena;
  void* const first = arena.resize(nullptr, 0, 40);
  void* const large = arena.resize(nullptr, 0, 5000);
  const std::size_t held = arena.held();
  arena.release(first, 40);
  EXPECT_EQ(arena.resize(nullptr, 0, 48), first);
  EXPECT_EQ(arena.held(), held);
  arena.release(large, 5000);
  EXPECT_LT(arena.held(), held - 5000);
}

TEST(Arena, one_that_forgets_what_it_kept_goes_on_with_what_it_has) {
  Arena arena;
  auto* const small = static_cast<unsigned char*>(arena.resize(nullptr, 0, 40));
  auto* const large = static_cast<unsigned char*>(arena.resize(nullptr, 0, 5000));
  std::memset(small, 1, 40);
  std::memset(large, 2, 5000);
  const std::size_t held = arena.held();
  arena.keep();
  std::memset(small, 9, 40);
  arena.release(large, 5000);
  static_cast<void>(arena.resize(nullptr, 0, 70'000));
  arena.rewind();
  arena.forget();
  EXPECT_FALSE(arena.is_kept());
  EXPECT_TRUE(intact({small, 40, 1}, 40));
  EXPECT_TRUE(intact({large, 5000, 2}, 5000));
  EXPECT_EQ(arena.held(), held);
  arena.release(large, 5000);
  EXPECT_LT(arena.held(), held - 5000) << "a large block goes back at once, as before";
}

}  // namespace
}  // namespace baton::script
