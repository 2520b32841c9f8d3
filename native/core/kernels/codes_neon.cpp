#if defined(__aarch64__)
#include <arm_neon.h>

#include "core/kernels/codes_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {
namespace codes_neon_steps {
namespace {

// Bits that differ in each byte of a code.
EGIDE_INLINE uint8x16_t differing(const std::uint8_t* code, uint8x16_t asked, uint8x16_t mask) {
  return vcntq_u8(vandq_u8(veorq_u8(vld1q_u8(code), asked), mask));
}

}  // namespace
}  // namespace codes_neon_steps

// Four codes a step, their bytes added up in pairs until each code is one lane: a byte of the second sums holds at most
// 32 bits.
std::size_t codes_neon(const std::uint8_t* asked, const std::uint8_t* codes, std::size_t count, std::uint64_t mask,
                       std::uint32_t max_distance, std::uint32_t* found) noexcept {
  using namespace codes_neon_steps;
  const uint8x16_t query = vld1q_u8(asked);
  const uint8x16_t masks = vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(~std::uint64_t{0}), vcreate_u64(mask)));
  const uint32x4_t limit = vdupq_n_u32(max_distance);
  std::size_t near = 0, i = 0;
  for (; i + 4 <= count; i += 4) {
    const std::uint8_t* at = codes + 16 * i;
    const uint8x16_t a = vpaddq_u8(differing(at, query, masks), differing(at + 16, query, masks));
    const uint8x16_t b = vpaddq_u8(differing(at + 32, query, masks), differing(at + 48, query, masks));
    const uint32x4_t distances = vpaddlq_u16(vpaddlq_u8(vpaddq_u8(a, b)));
    if (vminvq_u32(distances) > max_distance) continue;
    std::uint32_t within[4];
    vst1q_u32(within, vcleq_u32(distances, limit));
    for (std::uint32_t k = 0; k < 4; ++k)
      if (within[k] != 0) found[near++] = static_cast<std::uint32_t>(i) + k;
  }
  const std::size_t more = codes_scalar(asked, codes + 16 * i, count - i, mask, max_distance, found + near);
  for (std::size_t k = near; k < near + more; ++k) found[k] += static_cast<std::uint32_t>(i);
  return near + more;
}

}  // namespace egide::kernels
#endif
