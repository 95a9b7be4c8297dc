// The checksum of the log's records has the values that RocksDB's own function gives, whatever was written before by either.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

extern "C" std::uint32_t __real__ZN7rocksdb6crc32c6ExtendEjPKcm(std::uint32_t crc, const char* data, std::size_t size);
namespace rocksdb::crc32c {
std::uint32_t Extend(std::uint32_t crc, const char* data,
                     std::size_t size);  // What the linker makes of RocksDB's calls.
}

namespace baton {
namespace {

TEST(RocksCrc32c, gives_the_check_value_of_the_standard) {
  EXPECT_EQ(rocksdb::crc32c::Extend(0, "123456789", 9),
            0xe3069283u);  // Castagnoli's, as RFC 3720 B.4 and the catalogues have it.
}

TEST(RocksCrc32c, is_what_rocksdb_computes_for_every_length_and_alignment) {
  std::mt19937 random(7);
  std::string bytes(4096, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t size = 0; size < 300; ++size) {
      const char* const data = bytes.data() + from;
      ASSERT_EQ(rocksdb::crc32c::Extend(0, data, size), __real__ZN7rocksdb6crc32c6ExtendEjPKcm(0, data, size))
          << "from " << from << ", " << size << " bytes";
    }
  }
}

TEST(RocksCrc32c, goes_on_where_it_stopped) {
  const std::string bytes = "what one call begins the next one may end";
  for (std::size_t part = 0; part <= bytes.size(); ++part) {
    const std::uint32_t begun = rocksdb::crc32c::Extend(0, bytes.data(), part);
    EXPECT_EQ(rocksdb::crc32c::Extend(begun, bytes.data() + part, bytes.size() - part),
              rocksdb::crc32c::Extend(0, bytes.data(), bytes.size()));
  }
}

}  // namespace
}  // namespace baton
