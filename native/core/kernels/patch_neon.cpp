#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstring>

#include "core/kernels/cpu.hpp"
#include "core/kernels/patch_constants.hpp"
#include "core/kernels/patch_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

namespace patch_neon_steps {
namespace {

using F = float32x4_t;
using M = uint32x4_t;
constexpr std::uint32_t kLanes = 4, kBlocks = 4, kBlocksAcross = 4, kPixelsBefore = 2;

EGIDE_INLINE F load(const float* p) { return vld1q_f32(p); }
EGIDE_INLINE void store(float* p, F v) { vst1q_f32(p, v); }
EGIDE_INLINE F splat(float v) { return vdupq_n_f32(v); }
EGIDE_INLINE F add(F a, F b) { return vaddq_f32(a, b); }
EGIDE_INLINE F sub(F a, F b) { return vsubq_f32(a, b); }
EGIDE_INLINE F mul(F a, F b) { return vmulq_f32(a, b); }
EGIDE_INLINE F div(F a, F b) { return vdivq_f32(a, b); }
EGIDE_INLINE F root(F v) { return vsqrtq_f32(v); }
EGIDE_INLINE F larger(F a, F b) { return vmaxq_f32(a, b); }
EGIDE_INLINE F smaller(F a, F b) { return vminq_f32(a, b); }
EGIDE_INLINE F magnitude(F v) { return vabsq_f32(v); }
EGIDE_INLINE M less(F a, F b) { return vcltq_f32(a, b); }
EGIDE_INLINE F choose(M m, F yes, F no) { return vbslq_f32(m, yes, no); }
EGIDE_INLINE std::uint32_t bits(M m) {
  const uint32x4_t bit = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(m, bit));
}
EGIDE_INLINE F whole(F v) { return vrndq_f32(v); }

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

EGIDE_INLINE F at_places(const float* from, const std::uint32_t* at) {
  const F few = {from[at[0]], from[at[1]], from[at[2]], from[at[3]]};
  return few;
}

// Pixels are read with their right neighbour, as 64 bits.
EGIDE_INLINE void pairs(const float* a, const float* b, const float* c, const float* d, F& left, F& right) {
  const F ab = vcombine_f32(vld1_f32(a), vld1_f32(b)), cd = vcombine_f32(vld1_f32(c), vld1_f32(d));
  left = vuzp1q_f32(ab, cd), right = vuzp2q_f32(ab, cd);
}

EGIDE_INLINE void corners(const float* level, std::uint32_t width, F column, F line, F* out) {
  std::uint32_t at[4];
  vst1q_u32(at, vmlaq_n_u32(vcvtq_u32_f32(column), vcvtq_u32_f32(line), width));
  const float *a = level + at[0], *b = level + at[1], *c = level + at[2], *d = level + at[3];
  pairs(a, b, c, d, out[0], out[1]);
  pairs(a + width, b + width, c + width, d + width, out[2], out[3]);
}

EGIDE_INLINE void store_whole(std::uint32_t* p, F v) { vst1q_u32(p, vcvtq_u32_f32(v)); }

EGIDE_INLINE void store_bytes(std::uint8_t* p, F v) {
  const uint16x4_t words = vmovn_u32(vcvtq_u32_f32(v));
  const uint8x8_t bytes = vmovn_u16(vcombine_u16(words, words));
  std::memcpy(p, &bytes, kLanes);
}

#include "core/kernels/patch_lanes.inc"
#include "core/kernels/patch_lanes_describe.inc"

constexpr PatchKernel kKernel = {"neon", cpu::always, add_row,   luma_row, weigh_row,
                                 blur,   extrema,     gradients, votes,    describe};

}  // namespace
}  // namespace patch_neon_steps

const PatchKernel patch_neon = patch_neon_steps::kKernel;

}  // namespace egide::kernels
#endif
