#if defined(__x86_64__)
#include <immintrin.h>

#include "core/kernels/hamming_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

// Eight hashes are four registers of two; their 64-bit counts are added up crosswise so that one store writes eight
// distances.
EGIDE_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")
void hamming_avx512(const std::uint8_t* query, const std::uint8_t* hashes, std::size_t count,
                    std::uint16_t* distances) noexcept {
  const __m512i q = _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(query)));
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m512i c[4];  // c[k]: counts of the four words of hashes 2k and 2k + 1
    for (int k = 0; k < 4; ++k)
      c[k] = _mm512_popcnt_epi64(
          _mm512_xor_si512(q, _mm512_loadu_si512(hashes + 32 * i + 64 * static_cast<std::size_t>(k))));
    // Sums of two words: lanes are hashes 0 2 0 2 | 1 3 1 3 of each pair of registers.
    const __m512i a = _mm512_add_epi64(_mm512_unpacklo_epi64(c[0], c[1]), _mm512_unpackhi_epi64(c[0], c[1]));
    const __m512i b = _mm512_add_epi64(_mm512_unpacklo_epi64(c[2], c[3]), _mm512_unpackhi_epi64(c[2], c[3]));
    // a = [h0 h2 h0 h2 h1 h3 h1 h3], b the same for 4 to 7; add the two halves of each hash and put them in order.
    const __m512i first = _mm512_permutex2var_epi64(a, _mm512_setr_epi64(0, 4, 1, 5, 8, 12, 9, 13), b);
    const __m512i second = _mm512_permutex2var_epi64(a, _mm512_setr_epi64(2, 6, 3, 7, 10, 14, 11, 15), b);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(distances + i), _mm512_cvtepi64_epi16(_mm512_add_epi64(first, second)));
  }
  for (; i < count; ++i) {
    const __m256i h = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(hashes + 32 * i));
    const __m256i words = _mm256_popcnt_epi64(_mm256_xor_si256(_mm512_castsi512_si256(q), h));
    const __m128i pair = _mm_add_epi64(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    distances[i] = static_cast<std::uint16_t>(_mm_cvtsi128_si64(pair) + _mm_extract_epi64(pair, 1));
  }
}
EGIDE_TARGET_END

}  // namespace egide::kernels
#endif
