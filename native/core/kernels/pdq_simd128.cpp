#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include <cstring>
#include <new>

#include "core/cpu.hpp"
#include "core/kernels/pdq_dct_table.hpp"
#include "core/kernels/pdq_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {
namespace pdq_simd128_steps {
namespace {

using F = v128_t;
constexpr std::uint32_t kLanes = 4;

EGIDE_INLINE F load(const float* p) { return wasm_v128_load(p); }
EGIDE_INLINE void store(float* p, F v) { wasm_v128_store(p, v); }
EGIDE_INLINE F splat(float v) { return wasm_f32x4_splat(v); }
EGIDE_INLINE F add(F a, F b) { return wasm_f32x4_add(a, b); }
EGIDE_INLINE F sub(F a, F b) { return wasm_f32x4_sub(a, b); }
EGIDE_INLINE F mul(F a, F b) { return wasm_f32x4_mul(a, b); }
EGIDE_INLINE F div(F a, F b) { return wasm_f32x4_div(a, b); }

EGIDE_INLINE void transpose(F* r) {
  const F a = wasm_i32x4_shuffle(r[0], r[1], 0, 4, 1, 5), b = wasm_i32x4_shuffle(r[0], r[1], 2, 6, 3, 7);
  const F c = wasm_i32x4_shuffle(r[2], r[3], 0, 4, 1, 5), d = wasm_i32x4_shuffle(r[2], r[3], 2, 6, 3, 7);
  r[0] = wasm_i64x2_shuffle(a, c, 0, 2), r[1] = wasm_i64x2_shuffle(a, c, 1, 3);
  r[2] = wasm_i64x2_shuffle(b, d, 0, 2), r[3] = wasm_i64x2_shuffle(b, d, 1, 3);
}

// Swizzle indices of 255 read as zero, so that byte c of each pixel stands alone in its lane.
EGIDE_INLINE F channel(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c) {
  const v128_t none = wasm_i32x4_splat(static_cast<int>(0xffffff00));
  v128_t pixels, index;
  if (channels == 1)
    pixels = wasm_v128_load32_zero(p), index = wasm_i32x4_make(0, 1, 2, 3);
  else if (channels == 2)
    pixels = wasm_v128_load64_zero(p), index = wasm_i32x4_make(0, 2, 4, 6);
  else if (channels == 3)
    pixels = wasm_v128_load(p), index = wasm_i32x4_make(0, 3, 6, 9);
  else
    pixels = wasm_v128_load(p), index = wasm_i32x4_make(0, 4, 8, 12);
  index = wasm_v128_or(wasm_i32x4_add(index, wasm_i32x4_splat(static_cast<int>(c))), none);
  return wasm_f32x4_convert_i32x4(wasm_i8x16_swizzle(pixels, index));
}

EGIDE_INLINE std::uint32_t truncated_sum(F v) {
  const v128_t whole = wasm_i32x4_abs(wasm_i32x4_trunc_sat_f32x4(v));
  return static_cast<std::uint32_t>(wasm_i32x4_extract_lane(whole, 0) + wasm_i32x4_extract_lane(whole, 1) +
                                    wasm_i32x4_extract_lane(whole, 2) + wasm_i32x4_extract_lane(whole, 3));
}

EGIDE_INLINE int count_not_above(const float* values, float limit) {
  v128_t minus = wasm_i32x4_splat(0);
  for (int i = 0; i < 256; i += 4) minus = wasm_i32x4_add(minus, wasm_f32x4_le(load(values + i), splat(limit)));
  return -(wasm_i32x4_extract_lane(minus, 0) + wasm_i32x4_extract_lane(minus, 1) + wasm_i32x4_extract_lane(minus, 2) +
           wasm_i32x4_extract_lane(minus, 3));
}

#include "core/kernels/pdq_lanes.inc"

constexpr PdqKernel kKernel = {"simd128", cpu::always, scratch_bytes, begin,       rows,
                               finish,    transform,   gradient,      lower_median};

}  // namespace
}  // namespace pdq_simd128_steps

const PdqKernel pdq_simd128 = pdq_simd128_steps::kKernel;

}  // namespace egide::kernels
#endif
