#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstring>
#include <new>

#include "core/kernels/cpu.hpp"
#include "core/kernels/pdq_dct_table.hpp"
#include "core/kernels/pdq_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {
namespace pdq_neon_steps {
namespace {

using F = float32x4_t;
constexpr std::uint32_t kLanes = 4;
constexpr bool kReadsBefore = true;

EGIDE_INLINE F load(const float* p) { return vld1q_f32(p); }
EGIDE_INLINE void store(float* p, F v) { vst1q_f32(p, v); }
EGIDE_INLINE F splat(float v) { return vdupq_n_f32(v); }
EGIDE_INLINE F add(F a, F b) { return vaddq_f32(a, b); }
EGIDE_INLINE F sub(F a, F b) { return vsubq_f32(a, b); }
EGIDE_INLINE F mul(F a, F b) { return vmulq_f32(a, b); }
EGIDE_INLINE F div(F a, F b) { return vdivq_f32(a, b); }

EGIDE_INLINE F pair_low(F a, F b) {
  return vreinterpretq_f32_f64(vtrn1q_f64(vreinterpretq_f64_f32(a), vreinterpretq_f64_f32(b)));
}
EGIDE_INLINE F pair_high(F a, F b) {
  return vreinterpretq_f32_f64(vtrn2q_f64(vreinterpretq_f64_f32(a), vreinterpretq_f64_f32(b)));
}

EGIDE_INLINE void transpose(F* r) {
  const F a = vtrn1q_f32(r[0], r[1]), b = vtrn2q_f32(r[0], r[1]), c = vtrn1q_f32(r[2], r[3]),
          d = vtrn2q_f32(r[2], r[3]);
  r[0] = pair_low(a, c), r[1] = pair_low(b, d), r[2] = pair_high(a, c), r[3] = pair_high(b, d);
}

// Byte c of each pixel to the low byte of its lane; table indices beyond 15 read as zero. Three channels are read from
// 4 bytes before the pixels, so that the read ends with them.
EGIDE_INLINE F channel(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c) {
  std::uint8_t few[16] = {};
  if (channels < 3) std::memcpy(few, p, std::size_t{4} * channels);
  const uint8x16_t pixels = vld1q_u8(channels < 3 ? few : channels == 3 ? p - 4 : p);
  const std::uint32_t first = 0xffffff00u + c + (channels == 3 ? 4 : 0);
  const uint32x4_t index = {first, first + channels, first + 2 * channels, first + 3 * channels};
  return vcvtq_f32_u32(vreinterpretq_u32_u8(vqtbl1q_u8(pixels, vreinterpretq_u8_u32(index))));
}

EGIDE_INLINE F weighted(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c, float weight) {
  return mul(splat(weight), channel(p, channels, c));
}

EGIDE_INLINE std::uint32_t truncated_sum(F v) {
  return static_cast<std::uint32_t>(vaddvq_s32(vabsq_s32(vcvtq_s32_f32(v))));
}

EGIDE_INLINE int count_not_above(const float* values, float limit) {
  uint32x4_t count = vdupq_n_u32(0);
  for (int i = 0; i < 256; i += 4) count = vsubq_u32(count, vcleq_f32(load(values + i), splat(limit)));
  return static_cast<int>(vaddvq_u32(count));
}

#include "core/kernels/pdq_lanes.inc"
#include "core/kernels/pdq_lanes_bands.inc"
#include "core/kernels/pdq_lanes_hash.inc"

constexpr PdqKernel kKernel = {"neon", cpu::always, scratch_bytes, begin,       rows,
                               finish, transform,   gradient,      lower_median};

}  // namespace
}  // namespace pdq_neon_steps

const PdqKernel pdq_neon = pdq_neon_steps::kKernel;

}  // namespace egide::kernels
#endif
