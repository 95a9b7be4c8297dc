// Debian's RocksDB is built for processors without a checksum instruction: the log's CRC-32C took it 0.7 ns a byte more,
// a hundredth of all processor time under load. The linker puts this in the place of its function (--wrap, see CMakeLists.txt);
// the values are the same (rocks_crc32c_test.cpp).
#include <cstddef>
#include <cstdint>
#include <cstring>

// rocksdb::crc32c::Extend(unsigned int, char const*, unsigned long): as RocksDB has it, and as everybody calls it.
extern "C" std::uint32_t __real__ZN7rocksdb6crc32c6ExtendEjPKcm(std::uint32_t crc, const char* data, std::size_t size);

#if defined(__x86_64__)

#include <nmmintrin.h>

namespace {

__attribute__((target("sse4.2"))) std::uint32_t extend(std::uint32_t crc, const char* data, std::size_t size) {
  std::uint64_t state = ~crc;
  for (; size >= sizeof(std::uint64_t); data += sizeof(std::uint64_t), size -= sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, data, sizeof(word));
    state = _mm_crc32_u64(state, word);
  }
  auto rest = static_cast<std::uint32_t>(state);
  for (; size > 0; ++data, --size) rest = _mm_crc32_u8(rest, static_cast<unsigned char>(*data));
  return ~rest;
}

}  // namespace

extern "C" std::uint32_t __wrap__ZN7rocksdb6crc32c6ExtendEjPKcm(std::uint32_t crc, const char* data, std::size_t size) {
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  return has_instruction ? extend(crc, data, size) : __real__ZN7rocksdb6crc32c6ExtendEjPKcm(crc, data, size);
}

#else

extern "C" std::uint32_t __wrap__ZN7rocksdb6crc32c6ExtendEjPKcm(std::uint32_t crc, const char* data, std::size_t size) {
  return __real__ZN7rocksdb6crc32c6ExtendEjPKcm(crc, data, size);
}

#endif
