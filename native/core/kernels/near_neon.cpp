#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstring>

#include "core/kernels/near_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {
namespace near_neon_steps {
namespace {

EGIDE_INLINE uint8x16_t word(const std::uint8_t* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return vreinterpretq_u8_u64(vdupq_n_u64(word));
}

// Whether one of eight hashes may be within the limit of some query: the distance is no less than the bits that differ
// in the first word, in the second or in both.
EGIDE_INLINE bool first_look(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes,
                             uint8x8_t limit) {
  uint8x16_t first[4], second[4];  // words of two hashes each
  for (int k = 0; k < 4; ++k) {
    const uint64x2_t even = vreinterpretq_u64_u8(vld1q_u8(hashes + 64 * k));
    const uint64x2_t odd = vreinterpretq_u64_u8(vld1q_u8(hashes + 64 * k + 32));
    first[k] = vreinterpretq_u8_u64(vzip1q_u64(even, odd));
    second[k] = vreinterpretq_u8_u64(vzip2q_u64(even, odd));
  }
  uint8x8_t nearest = vdup_n_u8(64);
  for (std::size_t q = 0; q < query_count; ++q) {
    const uint8x16_t query0 = word(queries + 32 * q), query1 = word(queries + 32 * q + 8);
    uint8x16_t bits[4];
    for (int k = 0; k < 4; ++k) bits[k] = vcntq_u8(vorrq_u8(veorq_u8(first[k], query0), veorq_u8(second[k], query1)));
    // Eight bytes a hash become four, two, one.
    const uint8x16_t twos = vpaddq_u8(vpaddq_u8(bits[0], bits[1]), vpaddq_u8(bits[2], bits[3]));
    nearest = vmin_u8(nearest, vpadd_u8(vget_low_u8(twos), vget_high_u8(twos)));
  }
  return vmaxv_u8(vcle_u8(nearest, limit)) != 0;
}

EGIDE_INLINE void second_look(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes,
                              std::size_t count, std::uint32_t max_distance, std::uint16_t* masks) {
  for (std::size_t i = 0; i < count; ++i) {
    const uint8x16_t low = vld1q_u8(hashes + 32 * i), high = vld1q_u8(hashes + 32 * i + 16);
    std::uint32_t mask = 0;
    for (std::size_t q = 0; q < query_count; ++q) {
      const uint8x16_t a = vcntq_u8(veorq_u8(low, vld1q_u8(queries + 32 * q)));
      const uint8x16_t b = vcntq_u8(veorq_u8(high, vld1q_u8(queries + 32 * q + 16)));
      mask |= static_cast<std::uint32_t>(vaddlvq_u8(vaddq_u8(a, b)) <= max_distance) << q;  // a byte holds at most 16
    }
    masks[i] = static_cast<std::uint16_t>(mask);
  }
}

}  // namespace
}  // namespace near_neon_steps

// One hash a lane; the queries are broadcast one by one. Nearly every hash is far from every query, which a first look
// at half of its bits tells.
void near_neon(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes, std::size_t count,
               std::uint32_t max_distance, std::uint16_t* masks) noexcept {
  using namespace near_neon_steps;
  const bool half_tells = max_distance <= kNearHalfTells;
  const uint8x8_t limit = vdup_n_u8(static_cast<std::uint8_t>(max_distance));
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    if (half_tells && !first_look(queries, query_count, hashes + 32 * i, limit))
      std::memset(masks + i, 0, 8 * sizeof *masks);
    else
      second_look(queries, query_count, hashes + 32 * i, 8, max_distance, masks + i);
  }
  second_look(queries, query_count, hashes + 32 * i, count - i, max_distance, masks + i);
}

}  // namespace egide::kernels
#endif
