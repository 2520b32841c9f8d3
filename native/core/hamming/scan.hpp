// The full scan: every query against every stored hash.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/kernels/near_kernels.hpp"

namespace egide {

struct HammingHit {
  std::uint32_t query, position, distance;
};

/// Bits in which two hashes of 32 bytes differ.
inline std::uint32_t hamming_distance(const std::uint8_t* a, const std::uint8_t* b) noexcept {
  std::uint64_t x[4], y[4];
  std::memcpy(x, a, sizeof x);
  std::memcpy(y, b, sizeof y);
  return static_cast<std::uint32_t>(std::popcount(x[0] ^ y[0]) + std::popcount(x[1] ^ y[1]) +
                                    std::popcount(x[2] ^ y[2]) + std::popcount(x[3] ^ y[3]));
}

/// Finds every pair within `max_distance` bits, in no promised order. `queries` and `hashes` are multiples of 32 bytes.
/// Returns how many there are; only the first `hits.size()` are written.
std::uint64_t hamming_scan(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> hashes,
                           std::uint32_t max_distance, std::span<HammingHit> hits,
                           const kernels::NearKernel& kernel) noexcept;

}  // namespace egide
