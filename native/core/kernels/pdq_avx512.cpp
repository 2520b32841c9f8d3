#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>
#include <new>

#include "core/kernels/cpu.hpp"
#include "core/kernels/pdq_dct_table.hpp"
#include "core/kernels/pdq_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

EGIDE_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")
namespace pdq_avx512_steps {
namespace {

using F = __m512;
constexpr std::uint32_t kLanes = 16;
constexpr bool kReadsBefore = false;

EGIDE_INLINE F load(const float* p) { return _mm512_loadu_ps(p); }
EGIDE_INLINE void store(float* p, F v) { _mm512_storeu_ps(p, v); }
EGIDE_INLINE F splat(float v) { return _mm512_set1_ps(v); }
EGIDE_INLINE F add(F a, F b) { return _mm512_add_ps(a, b); }
EGIDE_INLINE F sub(F a, F b) { return _mm512_sub_ps(a, b); }
EGIDE_INLINE F mul(F a, F b) { return _mm512_mul_ps(a, b); }
EGIDE_INLINE F div(F a, F b) { return _mm512_div_ps(a, b); }

// Four rounds: pairs, quads, then the 128-bit quarters of the registers.
EGIDE_INLINE void transpose(F* r) {
  F t[16];
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  for (int i = 0; i < 4; ++i) {
    const __m512d a = _mm512_castps_pd(t[4 * i]), b = _mm512_castps_pd(t[4 * i + 1]);
    const __m512d c = _mm512_castps_pd(t[4 * i + 2]), d = _mm512_castps_pd(t[4 * i + 3]);
    r[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
    r[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
    r[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
    r[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
  }
  for (int j = 0; j < 4; ++j) {
    const F ab_even = _mm512_shuffle_f32x4(r[j], r[4 + j], 0x88), ab_odd = _mm512_shuffle_f32x4(r[j], r[4 + j], 0xdd);
    const F cd_even = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0x88);
    const F cd_odd = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0xdd);
    t[j] = _mm512_shuffle_f32x4(ab_even, cd_even, 0x88);
    t[8 + j] = _mm512_shuffle_f32x4(ab_even, cd_even, 0xdd);
    t[4 + j] = _mm512_shuffle_f32x4(ab_odd, cd_odd, 0x88);
    t[12 + j] = _mm512_shuffle_f32x4(ab_odd, cd_odd, 0xdd);
  }
  for (int i = 0; i < 16; ++i) r[i] = t[i];
}

// 2^23, whose lowest mantissa byte counts ones: with a byte b put there it reads 2^23 + b.
constexpr int kTwoTo23 = 0x4b000000;
constexpr float kTwoTo23Value = 8388608.0f;

// weight * b from 2^23 + b: the fused multiply-add takes weight * 2^23 (exact) away before its one rounding, so that
// the result is the rounded product and the conversion is saved.
EGIDE_INLINE F weighted_byte(__m512i two_to_23_plus_b, float weight) {
  return _mm512_fmsub_ps(_mm512_castsi512_ps(two_to_23_plus_b), splat(weight), splat(weight * kTwoTo23Value));
}

EGIDE_INLINE F weighted(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c, float weight) {
  const __m512i base = _mm512_set1_epi32(kTwoTo23), low = _mm512_set1_epi32(0xff);
  if (channels == 3) {
    const __m512i pixels = _mm512_maskz_loadu_epi8(0x0000ffffffffffffULL, p);
    const __m512i first = _mm512_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45);
    const __m512i index = _mm512_add_epi32(first, _mm512_set1_epi32(static_cast<int>(c)));
    return weighted_byte(_mm512_mask_permutexvar_epi8(base, 0x1111111111111111ULL, index, pixels), weight);
  }
  __m512i bytes;
  if (channels == 1)
    bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  else if (channels == 2)
    bytes = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  else
    bytes = _mm512_srlv_epi32(_mm512_loadu_si512(p), _mm512_set1_epi32(static_cast<int>(8 * c)));
  return weighted_byte(_mm512_or_si512(_mm512_and_si512(bytes, low), base), weight);
}

EGIDE_INLINE std::uint32_t truncated_sum(F v) {
  return static_cast<std::uint32_t>(_mm512_reduce_add_epi32(_mm512_abs_epi32(_mm512_cvttps_epi32(v))));
}

EGIDE_INLINE int count_not_above(const float* values, float limit) {
  int count = 0;
  for (int i = 0; i < 256; i += 16)
    count += __builtin_popcount(_mm512_cmp_ps_mask(load(values + i), splat(limit), _CMP_LE_OQ));
  return count;
}

#include "core/kernels/pdq_lanes.inc"
#include "core/kernels/pdq_lanes_bands.inc"
#include "core/kernels/pdq_lanes_hash.inc"

constexpr PdqKernel kKernel = {"avx512", cpu::has_avx512, scratch_bytes, begin,       rows,
                               finish,   transform,       gradient,      lower_median};

}  // namespace
}  // namespace pdq_avx512_steps
EGIDE_TARGET_END

const PdqKernel pdq_avx512 = pdq_avx512_steps::kKernel;

}  // namespace egide::kernels
#endif
