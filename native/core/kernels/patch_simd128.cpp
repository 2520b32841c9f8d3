#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include "core/kernels/cpu.hpp"
#include "core/kernels/patch_constants.hpp"
#include "core/kernels/patch_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

namespace patch_simd128_steps {
namespace {

using F = v128_t;
using M = v128_t;
constexpr std::uint32_t kLanes = 4, kBlocks = 2, kBlocksAcross = 4, kPixelsBefore = 2;

EGIDE_INLINE F load(const float* p) { return wasm_v128_load(p); }
EGIDE_INLINE void store(float* p, F v) { wasm_v128_store(p, v); }
EGIDE_INLINE F splat(float v) { return wasm_f32x4_splat(v); }
EGIDE_INLINE F add(F a, F b) { return wasm_f32x4_add(a, b); }
EGIDE_INLINE F sub(F a, F b) { return wasm_f32x4_sub(a, b); }
EGIDE_INLINE F mul(F a, F b) { return wasm_f32x4_mul(a, b); }
EGIDE_INLINE F div(F a, F b) { return wasm_f32x4_div(a, b); }
EGIDE_INLINE F root(F v) { return wasm_f32x4_sqrt(v); }
EGIDE_INLINE F larger(F a, F b) { return wasm_f32x4_pmax(a, b); }
EGIDE_INLINE F smaller(F a, F b) { return wasm_f32x4_pmin(a, b); }
EGIDE_INLINE F magnitude(F v) { return wasm_f32x4_abs(v); }
EGIDE_INLINE M less(F a, F b) { return wasm_f32x4_lt(a, b); }
EGIDE_INLINE F choose(M m, F yes, F no) { return wasm_v128_bitselect(yes, no, m); }
EGIDE_INLINE std::uint32_t bits(M m) { return wasm_i32x4_bitmask(m); }
EGIDE_INLINE F whole(F v) { return wasm_f32x4_trunc(v); }

// Byte c of each pixel to the low byte of its lane; swizzle indices of 255 read as zero. Three channels are read from
// 4 bytes before the pixels, so that the read ends with them.
EGIDE_INLINE F channel(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c) {
  const v128_t pixels = channels == 1   ? wasm_v128_load32_zero(p)
                        : channels == 2 ? wasm_v128_load64_zero(p)
                        : channels == 3 ? wasm_v128_load(p - 4)
                                        : wasm_v128_load(p);
  const int step = static_cast<int>(channels), first = static_cast<int>(0xffffff00 + c + (channels == 3 ? 4 : 0));
  const v128_t index = wasm_i32x4_make(first, first + step, first + 2 * step, first + 3 * step);
  return wasm_f32x4_convert_i32x4(wasm_i8x16_swizzle(pixels, index));
}

EGIDE_INLINE F at_places(const float* from, const std::uint32_t* at) {
  return wasm_f32x4_make(from[at[0]], from[at[1]], from[at[2]], from[at[3]]);
}

// Pixels are read with their right neighbour, as 64 bits.
EGIDE_INLINE void pairs(const float* a, const float* b, const float* c, const float* d, F& left, F& right) {
  const v128_t ab = wasm_v128_load64_lane(b, wasm_v128_load64_zero(a), 1);
  const v128_t cd = wasm_v128_load64_lane(d, wasm_v128_load64_zero(c), 1);
  left = wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), right = wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7);
}

EGIDE_INLINE void corners(const float* level, std::uint32_t width, F column, F line, F* out) {
  const v128_t lines = wasm_i32x4_mul(wasm_i32x4_trunc_sat_f32x4(line), wasm_i32x4_splat(static_cast<int>(width)));
  const v128_t at = wasm_i32x4_add(lines, wasm_i32x4_trunc_sat_f32x4(column));
  const float *a = level + wasm_i32x4_extract_lane(at, 0), *b = level + wasm_i32x4_extract_lane(at, 1);
  const float *c = level + wasm_i32x4_extract_lane(at, 2), *d = level + wasm_i32x4_extract_lane(at, 3);
  pairs(a, b, c, d, out[0], out[1]);
  pairs(a + width, b + width, c + width, d + width, out[2], out[3]);
}

EGIDE_INLINE void store_whole(std::uint32_t* p, F v) { wasm_v128_store(p, wasm_i32x4_trunc_sat_f32x4(v)); }

EGIDE_INLINE void store_bytes(std::uint8_t* p, F v) {
  const v128_t lanes = wasm_i32x4_trunc_sat_f32x4(v), words = wasm_i16x8_narrow_i32x4(lanes, lanes);
  wasm_v128_store32_lane(p, wasm_u8x16_narrow_i16x8(words, words), 0);
}

#include "core/kernels/patch_lanes.inc"
#include "core/kernels/patch_lanes_describe.inc"

constexpr PatchKernel kKernel = {"simd128", cpu::always, add_row,   luma_row, weigh_row,
                                 blur,      extrema,     gradients, votes,    describe};

}  // namespace
}  // namespace patch_simd128_steps

const PatchKernel patch_simd128 = patch_simd128_steps::kKernel;

}  // namespace egide::kernels
#endif
