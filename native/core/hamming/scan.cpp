#include "core/hamming/scan.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/kernels/prefetch.hpp"

namespace egide {
namespace {

constexpr std::size_t kHashBytes = 32;
// Hashes compared at a time: 4 KB, which stay in the nearest cache for every query and the next block beside them.
constexpr std::size_t kBlock = 128;

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

struct Output {
  std::span<const std::uint8_t> queries, hashes;
  std::span<HammingHit> hits;
  std::uint64_t found = 0;

  void add(std::size_t query, std::size_t position) noexcept {
    if (found < hits.size())
      hits[found] = {static_cast<std::uint32_t>(query), static_cast<std::uint32_t>(position),
                     hamming_distance(queries.data() + query * kHashBytes, hashes.data() + position * kHashBytes)};
    ++found;
  }
};

// Asks for one part of the next block while this one is compared with a group of queries. Reading is otherwise what the
// first group of every block waits for.
void ask_for_part(const std::uint8_t* block, std::size_t part, std::size_t parts) noexcept {
  constexpr std::size_t kCacheLine = 64, kLines = kBlock * kHashBytes / kCacheLine;
  for (std::size_t line = kLines * part / parts; line < kLines * (part + 1) / parts; ++line)
    kernels::prefetch(block + line * kCacheLine);
}

}  // namespace

std::uint64_t hamming_scan(std::span<const std::uint8_t> queries, std::span<const std::uint8_t> hashes,
                           std::uint32_t max_distance, std::span<HammingHit> hits,
                           const kernels::NearKernel& kernel) noexcept {
  const std::size_t query_count = queries.size() / kHashBytes, hash_count = hashes.size() / kHashBytes;
  const std::size_t groups = (query_count + kernels::kNearQueries - 1) / kernels::kNearQueries;
  Output output{queries, hashes, hits};
  for (std::size_t block = 0; block < hash_count; block += kBlock) {
    const std::size_t count = std::min(kBlock, hash_count - block);
    const bool more = groups > 1 && block + 2 * kBlock <= hash_count;
    for (std::size_t group = 0; group < groups; ++group) {
      if (more) ask_for_part(hashes.data() + (block + kBlock) * kHashBytes, group, groups);
      const std::size_t first = group * kernels::kNearQueries;
      std::uint16_t masks[kBlock];
      kernel.run(queries.data() + first * kHashBytes, std::min(kernels::kNearQueries, query_count - first),
                 hashes.data() + block * kHashBytes, count, max_distance, masks);
      for (std::size_t i = next_near(masks, 0, count); i < count; i = next_near(masks, i + 1, count))
        for (unsigned mask = masks[i]; mask != 0; mask &= mask - 1)
          output.add(first + static_cast<std::size_t>(std::countr_zero(mask)), block + i);
    }
  }
  return output.found;
}

}  // namespace egide
