#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include <cstring>
#include <new>

#include "core/kernels/cpu.hpp"
#include "core/kernels/pdq_dct_table.hpp"
#include "core/kernels/pdq_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {
namespace pdq_simd128_steps {
namespace {

using F = v128_t;
constexpr std::uint32_t kLanes = 4;
constexpr bool kReadsBefore = true;

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

EGIDE_INLINE F weighted(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c, float weight) {
  return mul(splat(weight), channel(p, channels, c));
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
#include "core/kernels/pdq_lanes_bands.inc"
#include "core/kernels/pdq_lanes_hash.inc"

constexpr PdqKernel kKernel = {"simd128", cpu::always, scratch_bytes, begin,       rows,
                               finish,    transform,   gradient,      lower_median};

}  // namespace
}  // namespace pdq_simd128_steps

const PdqKernel pdq_simd128 = pdq_simd128_steps::kKernel;

}  // namespace egide::kernels
#endif
