#include <bit>
#include <cstring>

#include "core/kernels/near_kernels.hpp"

namespace egide::kernels {

void near_scalar(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes, std::size_t count,
                 std::uint32_t max_distance, std::uint16_t* masks) noexcept {
  std::uint64_t query[kNearQueries][4];
  std::memcpy(query, queries, 32 * query_count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t h[4];
    std::memcpy(h, hashes + 32 * i, sizeof h);
    std::uint32_t mask = 0;
    for (std::size_t q = 0; q < query_count; ++q) {
      const int distance = std::popcount(query[q][0] ^ h[0]) + std::popcount(query[q][1] ^ h[1]) +
                           std::popcount(query[q][2] ^ h[2]) + std::popcount(query[q][3] ^ h[3]);
      mask |= static_cast<std::uint32_t>(static_cast<std::uint32_t>(distance) <= max_distance) << q;
    }
    masks[i] = static_cast<std::uint16_t>(mask);
  }
}

}  // namespace egide::kernels
