// The full scan: every query against every stored hash.
#pragma once

#include <cstdint>
#include <span>

#include "core/kernels/near_kernels.hpp"

namespace egide {

struct HammingHit {
  std::uint32_t query, position, distance;
};

/// Finds every pair within `max_distance` bits, in no promised order. `queries` and `hashes` are multiples of 32 bytes.
/// Returns how many there are; only the first `hits.size()` are written.
std::uint64_t hamming_scan(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> hashes,
                           std::uint32_t max_distance, std::span<HammingHit> hits,
                           const kernels::NearKernel& kernel) noexcept;

}  // namespace egide
