#include "core/hamming/scan.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace egide {
namespace {

constexpr std::size_t kHashBytes = 32;
// Hashes compared at a time: 16 KB, which stay in the nearest caches for every query.
constexpr std::size_t kBlock = 512;

std::uint32_t distance_between(const std::uint8_t* a, const std::uint8_t* b) noexcept {
  std::uint64_t x[4], y[4];
  std::memcpy(x, a, sizeof x);
  std::memcpy(y, b, sizeof y);
  return static_cast<std::uint32_t>(std::popcount(x[0] ^ y[0]) + std::popcount(x[1] ^ y[1]) +
                                    std::popcount(x[2] ^ y[2]) + std::popcount(x[3] ^ y[3]));
}

// The place of the next mask that is not zero, from `i` on, or `count`. Nearly all are zero, so it looks at four at
// once.
std::size_t next_near(const std::uint16_t* masks, std::size_t i, std::size_t count) noexcept {
  for (; i + 4 <= count; i += 4) {
    std::uint64_t four;
    std::memcpy(&four, masks + i, sizeof four);
    if (four != 0) break;
  }
  while (i < count && masks[i] == 0) ++i;
  return i;
}

}  // namespace

std::uint64_t hamming_scan(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> hashes,
                           std::uint32_t max_distance, std::span<HammingHit> hits,
                           const kernels::NearKernel& kernel) noexcept {
  const std::size_t query_count = queries.size() / kHashBytes, hash_count = hashes.size() / kHashBytes;
  std::uint64_t found = 0;
  for (std::size_t block = 0; block < hash_count; block += kBlock) {
    const std::size_t count = std::min(kBlock, hash_count - block);
    for (std::size_t first = 0; first < query_count; first += kernels::kNearQueries) {
      const std::size_t group = std::min(kernels::kNearQueries, query_count - first);
      std::uint16_t masks[kBlock];
      kernel.run(queries.data() + first * kHashBytes, group, hashes.data() + block * kHashBytes, count, max_distance,
                 masks);
      for (std::size_t i = next_near(masks, 0, count); i < count; i = next_near(masks, i + 1, count))
        for (unsigned mask = masks[i]; mask != 0; mask &= mask - 1, ++found) {
          if (found >= hits.size()) continue;
          const std::size_t query = first + static_cast<std::size_t>(std::countr_zero(mask)), position = block + i;
          hits[found] = {static_cast<std::uint32_t>(query), static_cast<std::uint32_t>(position),
                         distance_between(queries.data() + query * kHashBytes, hashes.data() + position * kHashBytes)};
        }
    }
  }
  return found;
}

}  // namespace egide
