#if defined(__x86_64__)
#include <immintrin.h>

#include "core/kernels/hamming_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

// One hash fills one register. AVX2 has no popcount, so each nibble looks up its bit count
// (Mula, Kurz & Lemire 2018, "Faster Population Counts Using AVX2 Instructions").
EGIDE_TARGET_BEGIN("avx2")
void hamming_avx2(const std::uint8_t* query, const std::uint8_t* hashes, std::size_t count,
                  std::uint16_t* distances) noexcept {
  const __m256i q = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query));
  const __m256i low_nibble = _mm256_set1_epi8(0x0f);
  const __m256i bit_count = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  for (std::size_t i = 0; i < count; ++i) {
    const __m256i h = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(hashes + 32 * i));
    const __m256i diff = _mm256_xor_si256(q, h);
    const __m256i low = _mm256_and_si256(diff, low_nibble);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(diff, 4), low_nibble);
    const __m256i bytes = _mm256_add_epi8(_mm256_shuffle_epi8(bit_count, low), _mm256_shuffle_epi8(bit_count, high));
    const __m256i words = _mm256_sad_epu8(bytes, _mm256_setzero_si256());  // four sums of eight bytes
    const __m128i pair = _mm_add_epi64(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    distances[i] = static_cast<std::uint16_t>(_mm_cvtsi128_si64(pair) + _mm_extract_epi64(pair, 1));
  }
}
EGIDE_TARGET_END

}  // namespace egide::kernels
#endif
