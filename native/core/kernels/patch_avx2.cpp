#if defined(__x86_64__)
#include <immintrin.h>

#include "core/kernels/cpu.hpp"
#include "core/kernels/patch_constants.hpp"
#include "core/kernels/patch_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

EGIDE_TARGET_BEGIN("avx2,fma,popcnt")
namespace patch_avx2_steps {
namespace {

using F = __m256;
using M = __m256;
constexpr std::uint32_t kLanes = 8, kBlocks = 3, kBlocksAcross = 5, kPixelsBefore = 0;

EGIDE_INLINE F load(const float* p) { return _mm256_loadu_ps(p); }
EGIDE_INLINE void store(float* p, F v) { _mm256_storeu_ps(p, v); }
EGIDE_INLINE F splat(float v) { return _mm256_set1_ps(v); }
EGIDE_INLINE F add(F a, F b) { return _mm256_add_ps(a, b); }
EGIDE_INLINE F sub(F a, F b) { return _mm256_sub_ps(a, b); }
EGIDE_INLINE F mul(F a, F b) { return _mm256_mul_ps(a, b); }
EGIDE_INLINE F div(F a, F b) { return _mm256_div_ps(a, b); }
EGIDE_INLINE F root(F v) { return _mm256_sqrt_ps(v); }
EGIDE_INLINE F larger(F a, F b) { return _mm256_max_ps(a, b); }
EGIDE_INLINE F smaller(F a, F b) { return _mm256_min_ps(a, b); }
EGIDE_INLINE F magnitude(F v) { return _mm256_andnot_ps(splat(-0.0f), v); }
EGIDE_INLINE M less(F a, F b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
EGIDE_INLINE F choose(M m, F yes, F no) { return _mm256_blendv_ps(no, yes, m); }
EGIDE_INLINE std::uint32_t bits(M m) { return static_cast<std::uint32_t>(_mm256_movemask_ps(m)); }
EGIDE_INLINE F whole(F v) { return _mm256_round_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

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
  if (channels == 3) return bytes_of_3(p, c);
  if (channels == 1) return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  const __m256i pixels = channels == 2 ? _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))
                                       : _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm256_and_si256(_mm256_srlv_epi32(pixels, _mm256_set1_epi32(static_cast<int>(8 * c))),
                          _mm256_set1_epi32(0xff));
}

EGIDE_INLINE F channel(const std::uint8_t* p, std::uint32_t channels, std::uint32_t c) {
  return _mm256_cvtepi32_ps(bytes_of(p, channels, c));
}

EGIDE_INLINE F at_places(const float* from, const std::uint32_t* at) {
  return _mm256_i32gather_ps(from, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)), 4);
}

// Pixels are read with their right neighbour, as 64 bits, which takes fewer steps than a gather: 0, 1, 4 and 5 to one
// register, the others to a second, so that two shuffles part them in order.
EGIDE_INLINE __m128 two(const float* a, const float* b) {
  return _mm_loadh_pi(_mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(a))),
                      reinterpret_cast<const __m64*>(b));
}
EGIDE_INLINE void pairs(const float* from, const std::uint32_t* at, F& left, F& right) {
  const F low = _mm256_set_m128(two(from + at[4], from + at[5]), two(from + at[0], from + at[1]));
  const F high = _mm256_set_m128(two(from + at[6], from + at[7]), two(from + at[2], from + at[3]));
  left = _mm256_shuffle_ps(low, high, 0x88), right = _mm256_shuffle_ps(low, high, 0xdd);
}

EGIDE_INLINE void corners(const float* level, std::uint32_t width, F column, F line, F* out) {
  const __m256i lines = _mm256_mullo_epi32(_mm256_cvttps_epi32(line), _mm256_set1_epi32(static_cast<int>(width)));
  std::uint32_t at[kLanes];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), _mm256_add_epi32(lines, _mm256_cvttps_epi32(column)));
  pairs(level, at, out[0], out[1]);
  pairs(level + width, at, out[2], out[3]);
}

EGIDE_INLINE void store_whole(std::uint32_t* p, F v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_cvttps_epi32(v));
}

EGIDE_INLINE void store_bytes(std::uint8_t* p, F v) {
  const __m256i lanes = _mm256_cvttps_epi32(v);
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
}

#include "core/kernels/patch_lanes.inc"
#include "core/kernels/patch_lanes_describe.inc"

constexpr PatchKernel kKernel = {"avx2", cpu::has_avx2, add_row,   luma_row, weigh_row,
                                 blur,   extrema,       gradients, votes,    describe};

}  // namespace
}  // namespace patch_avx2_steps
EGIDE_TARGET_END

const PatchKernel patch_avx2 = patch_avx2_steps::kKernel;

}  // namespace egide::kernels
#endif
