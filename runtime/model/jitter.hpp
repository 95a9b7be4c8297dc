// Randomness that a replay repeats: a fraction made from a seed and a number, without a generator's state. Pure.
#pragma once

#include <cstdint>

namespace baton {

// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input reaches every bit of the result.
constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// From 0 up to, not including, 1; the same for the same arguments, evenly spread over `number` for any seed.
constexpr double jitter_fraction(std::uint64_t seed, std::uint64_t number) {
  return static_cast<double>(mix_bits(seed ^ mix_bits(number)) >> 11) * 0x1.0p-53;
}

}  // namespace baton
