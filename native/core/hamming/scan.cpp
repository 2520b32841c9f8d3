#include "core/hamming/scan.hpp"

#include <algorithm>

namespace egide {
namespace {

constexpr std::size_t kHashBytes = 32;
// Hashes compared at a time (8 KB: they stay in the first-level cache for every query) and queries at a time.
constexpr std::size_t kBlock = 256;
constexpr std::size_t kQueries = 16;

struct Output {
  std::span<HammingHit> hits;
  std::uint64_t found = 0;

  void add(std::size_t query, std::size_t position, std::uint16_t distance) noexcept {
    if (found < hits.size())
      hits[found] = {static_cast<std::uint32_t>(query), static_cast<std::uint32_t>(position), distance};
    ++found;
  }
};

}  // namespace

std::uint64_t hamming_scan(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> hashes,
                           std::uint32_t max_distance, std::span<HammingHit> hits,
                           const kernels::HammingKernel& kernel) noexcept {
  const std::size_t query_count = queries.size() / kHashBytes, hash_count = hashes.size() / kHashBytes;
  Output output{hits};
  for (std::size_t block = 0; block < hash_count; block += kBlock) {
    const std::size_t count = std::min(kBlock, hash_count - block);
    for (std::size_t first = 0; first < query_count; first += kQueries) {
      const std::size_t group = std::min(kQueries, query_count - first);
      std::uint16_t distances[kQueries][kBlock];
      std::uint16_t nearest[kBlock];  // over the group: one look tells that a hash is far from every query
      std::fill_n(nearest, count, std::uint16_t{256});
      for (std::size_t q = 0; q < group; ++q) {
        kernel.run(queries.data() + (first + q) * kHashBytes, hashes.data() + block * kHashBytes, count, distances[q]);
        for (std::size_t i = 0; i < count; ++i) nearest[i] = std::min(nearest[i], distances[q][i]);
      }
      for (std::size_t i = 0; i < count; ++i) {
        if (nearest[i] > max_distance) continue;
        for (std::size_t q = 0; q < group; ++q)
          if (distances[q][i] <= max_distance) output.add(first + q, block + i, distances[q][i]);
      }
    }
  }
  return output.found;
}

}  // namespace egide
