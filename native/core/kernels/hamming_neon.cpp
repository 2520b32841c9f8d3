#if defined(__aarch64__)
#include <arm_neon.h>

#include "core/kernels/hamming_kernels.hpp"

namespace egide::kernels {

void hamming_neon(const std::uint8_t* query, const std::uint8_t* hashes, std::size_t count,
                  std::uint16_t* distances) noexcept {
  const uint8x16_t low = vld1q_u8(query), high = vld1q_u8(query + 16);
  for (std::size_t i = 0; i < count; ++i) {
    const uint8x16_t a = vcntq_u8(veorq_u8(low, vld1q_u8(hashes + 32 * i)));
    const uint8x16_t b = vcntq_u8(veorq_u8(high, vld1q_u8(hashes + 32 * i + 16)));
    distances[i] = vaddlvq_u8(vaddq_u8(a, b));  // a byte holds at most 16
  }
}

}  // namespace egide::kernels
#endif
