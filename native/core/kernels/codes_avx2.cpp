#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#include "core/kernels/codes_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

EGIDE_TARGET_BEGIN("avx2")
namespace codes_avx2_steps {
namespace {

// The bit count of every 64 bits. AVX2 has no popcount, so each nibble looks up its own (Mula, Kurz & Lemire 2018,
// "Faster Population Counts Using AVX2 Instructions").
EGIDE_INLINE __m256i bits_of(__m256i v) {
  const __m256i low_nibble = _mm256_set1_epi8(0x0f);
  const __m256i bit_count = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const __m256i low = _mm256_and_si256(v, low_nibble);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), low_nibble);
  return _mm256_sad_epu8(_mm256_add_epi8(_mm256_shuffle_epi8(bit_count, low), _mm256_shuffle_epi8(bit_count, high)),
                         _mm256_setzero_si256());
}

EGIDE_INLINE __m256i differing(const std::uint8_t* two_codes, __m256i asked, __m256i mask) {
  const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(two_codes));
  return _mm256_and_si256(_mm256_xor_si256(codes, asked), mask);
}

}  // namespace
}  // namespace codes_avx2_steps

// Four codes a step. A bit that differs in either word tells of a distance no less, and four words are as many as a
// register has: nearly every code is too far already by that, and the few others are left to the scalar twin.
std::size_t codes_avx2(const std::uint8_t* asked, const std::uint8_t* codes, std::size_t count, std::uint64_t mask,
                       std::uint32_t max_distance, std::uint32_t* found) noexcept {
  using namespace codes_avx2_steps;
  long long q[2];
  std::memcpy(q, asked, sizeof q);
  const __m256i query = _mm256_setr_epi64x(q[0], q[1], q[0], q[1]);
  const __m256i masks = _mm256_setr_epi64x(-1, static_cast<long long>(mask), -1, static_cast<long long>(mask));
  const __m256i above = _mm256_set1_epi64x(static_cast<long long>(max_distance) + 1);
  std::size_t near = 0, i = 0;
  for (; i + 4 <= count; i += 4) {
    const __m256i a = differing(codes + 16 * i, query, masks), b = differing(codes + 16 * i + 32, query, masks);
    // Codes 0, 2, 1, 3.
    const __m256i least = bits_of(_mm256_or_si256(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b)));
    if (_mm256_testz_si256(_mm256_cmpgt_epi64(above, least), _mm256_set1_epi64x(-1))) continue;
    const std::size_t more = codes_scalar(asked, codes + 16 * i, 4, mask, max_distance, found + near);
    for (std::size_t k = near; k < near + more; ++k) found[k] += static_cast<std::uint32_t>(i);
    near += more;
  }
  const std::size_t more = codes_scalar(asked, codes + 16 * i, count - i, mask, max_distance, found + near);
  for (std::size_t k = near; k < near + more; ++k) found[k] += static_cast<std::uint32_t>(i);
  return near + more;
}
EGIDE_TARGET_END

}  // namespace egide::kernels
#endif
