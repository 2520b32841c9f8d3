#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>
#include <new>

#include "core/kernels/cpu.hpp"
#include "core/kernels/pdq_dct_table.hpp"
#include "core/kernels/pdq_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

EGIDE_TARGET_BEGIN("avx2,fma,popcnt")
namespace pdq_avx2_steps {
namespace {

using F = __m256;
constexpr std::uint32_t kLanes = 8;
constexpr bool kReadsBefore = false;

EGIDE_INLINE F load(const float* p) { return _mm256_loadu_ps(p); }
EGIDE_INLINE void store(float* p, F v) { _mm256_storeu_ps(p, v); }
EGIDE_INLINE F splat(float v) { return _mm256_set1_ps(v); }
EGIDE_INLINE F add(F a, F b) { return _mm256_add_ps(a, b); }
EGIDE_INLINE F sub(F a, F b) { return _mm256_sub_ps(a, b); }
EGIDE_INLINE F mul(F a, F b) { return _mm256_mul_ps(a, b); }
EGIDE_INLINE F div(F a, F b) { return _mm256_div_ps(a, b); }

EGIDE_INLINE void transpose(F* r) {
  F t[8];
  for (int i = 0; i < 4; ++i) {
    t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  for (int i = 0; i < 2; ++i) {
    r[4 * i] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0x44);
    r[4 * i + 1] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0xee);
    r[4 * i + 2] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0x44);
    r[4 * i + 3] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0xee);
  }
  for (int j = 0; j < 4; ++j) {
    t[j] = _mm256_permute2f128_ps(r[j], r[4 + j], 0x20);
    t[4 + j] = _mm256_permute2f128_ps(r[j], r[4 + j], 0x31);
  }
  for (int i = 0; i < 8; ++i) r[i] = t[i];
}

// 2^23, whose lowest mantissa byte counts ones: with a byte b put there it reads 2^23 + b.
constexpr int kTwoTo23 = 0x4b000000;
constexpr float kTwoTo23Value = 8388608.0f;

// Two halves of four pixels each (the second read so that it ends with the pixels); a byte shuffle brings byte c of
// every pixel to the low byte of its lane. Bytes with the top bit set read as zero.
EGIDE_INLINE __m256i bytes_of_3(const std::uint8_t* p, std::uint32_t c) {
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 8));
  const __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
  const __m256i index = _mm256_add_epi32(_mm256_setr_epi32(0, 3, 6, 9, 4, 7, 10, 13),
                                         _mm256_set1_epi32(static_cast<int>(0x80808000 + c)));
  return _mm256_shuffle_epi8(pixels, index);
}

EGIDE_INLINE __m256i bytes_of(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c) {
  const __m256i low = _mm256_set1_epi32(0xff);
  if (channels == 3) return bytes_of_3(p, c);
  if (channels == 1) return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  if (channels == 2)
    return _mm256_and_si256(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))), low);
  const __m256i quads = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm256_and_si256(_mm256_srlv_epi32(quads, _mm256_set1_epi32(static_cast<int>(8 * c))), low);
}

// The fused multiply-add takes weight * 2^23 (exact) away before its one rounding, so that the result is the rounded
// product; an OR takes the place of the conversion.
EGIDE_INLINE F weighted(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c, float weight) {
  const __m256i plus_b = _mm256_or_si256(bytes_of(p, channels, c), _mm256_set1_epi32(kTwoTo23));
  return _mm256_fmsub_ps(_mm256_castsi256_ps(plus_b), splat(weight), splat(weight * kTwoTo23Value));
}

EGIDE_INLINE std::uint32_t truncated_sum(F v) {
  const __m256i whole = _mm256_abs_epi32(_mm256_cvttps_epi32(v));
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(sum));
}

EGIDE_INLINE int count_not_above(const float* values, float limit) {
  int count = 0;
  for (int i = 0; i < 256; i += 8)
    count += __builtin_popcount(
        static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(load(values + i), splat(limit), _CMP_LE_OQ))));
  return count;
}

#include "core/kernels/pdq_lanes.inc"
#include "core/kernels/pdq_lanes_bands.inc"
#include "core/kernels/pdq_lanes_hash.inc"

constexpr PdqKernel kKernel = {"avx2", cpu::has_avx2, scratch_bytes, begin,       rows,
                               finish, transform,     gradient,      lower_median};

}  // namespace
}  // namespace pdq_avx2_steps
EGIDE_TARGET_END

const PdqKernel pdq_avx2 = pdq_avx2_steps::kKernel;

}  // namespace egide::kernels
#endif
