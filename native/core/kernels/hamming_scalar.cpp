#include <bit>
#include <cstring>

#include "core/kernels/hamming_kernels.hpp"

namespace egide::kernels {

void hamming_scalar(const std::uint8_t* query, const std::uint8_t* hashes, std::size_t count,
                    std::uint16_t* distances) noexcept {
  std::uint64_t q[4];
  std::memcpy(q, query, sizeof q);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t h[4];
    std::memcpy(h, hashes + 32 * i, sizeof h);
    distances[i] = static_cast<std::uint16_t>(std::popcount(q[0] ^ h[0]) + std::popcount(q[1] ^ h[1]) +
                                              std::popcount(q[2] ^ h[2]) + std::popcount(q[3] ^ h[3]));
  }
}

}  // namespace egide::kernels
