#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#include "core/kernels/near_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

EGIDE_TARGET_BEGIN("avx2")
namespace near_avx2_steps {
namespace {

EGIDE_INLINE __m256i halves(const std::uint8_t* low, const std::uint8_t* high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low))),
                                 _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)), 1);
}

// words[w] becomes word w of each of four hashes, in their order.
EGIDE_INLINE void words_of(const std::uint8_t* hashes, __m256i words[4]) {
  for (int half = 0; half < 2; ++half) {
    const __m256i even = halves(hashes + 16 * half, hashes + 16 * half + 64);
    const __m256i odd = halves(hashes + 16 * half + 32, hashes + 16 * half + 96);
    words[2 * half] = _mm256_unpacklo_epi64(even, odd);
    words[2 * half + 1] = _mm256_unpackhi_epi64(even, odd);
  }
}

EGIDE_INLINE __m256i word(const std::uint8_t* bytes) {
  long long word;
  std::memcpy(&word, bytes, sizeof word);
  return _mm256_set1_epi64x(word);
}

// The bit count of every byte. AVX2 has no popcount, so each nibble looks up its own (Mula, Kurz & Lemire 2018, "Faster
// Population Counts Using AVX2 Instructions").
EGIDE_INLINE __m256i popcount(__m256i v) {
  const __m256i low_nibble = _mm256_set1_epi8(0x0f);
  const __m256i bit_count = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const __m256i low = _mm256_and_si256(v, low_nibble);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), low_nibble);
  return _mm256_add_epi8(_mm256_shuffle_epi8(bit_count, low), _mm256_shuffle_epi8(bit_count, high));
}

EGIDE_INLINE __m256i sums_of_8(__m256i bytes) { return _mm256_sad_epu8(bytes, _mm256_setzero_si256()); }

EGIDE_INLINE std::uint32_t lanes_above(__m256i a, __m256i b) {
  return static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(a, b))));
}

// The bits that differ in the first word, in the second or in both: the distance is no less.
EGIDE_INLINE __m256i least_distance(const __m256i words[4], __m256i query0, __m256i query1) {
  return sums_of_8(popcount(_mm256_or_si256(_mm256_xor_si256(words[0], query0), _mm256_xor_si256(words[1], query1))));
}

// Bit i is set if hash i of eight may be nearer than `above` to some query.
EGIDE_INLINE std::uint32_t first_look(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes,
                                      __m256i above) {
  __m256i a[4], b[4];
  words_of(hashes, a);
  words_of(hashes + 128, b);
  __m256i nearest_a = _mm256_set1_epi64x(64), nearest_b = nearest_a;
  for (std::size_t q = 0; q < query_count; ++q) {
    const __m256i query0 = word(queries + 32 * q), query1 = word(queries + 32 * q + 8);
    nearest_a = _mm256_min_epu8(nearest_a, least_distance(a, query0, query1));
    nearest_b = _mm256_min_epu8(nearest_b, least_distance(b, query0, query1));
  }
  return lanes_above(above, nearest_a) | lanes_above(above, nearest_b) << 4;
}

// Sets the bits of four masks that are zero.
EGIDE_INLINE void second_look(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes,
                              __m256i above, std::uint16_t* masks) {
  __m256i words[4];
  words_of(hashes, words);
  for (std::size_t q = 0; q < query_count; ++q) {
    __m256i bytes = _mm256_setzero_si256();  // at most 32 each
    for (int w = 0; w < 4; ++w)
      bytes = _mm256_add_epi8(bytes, popcount(_mm256_xor_si256(words[w], word(queries + 32 * q + 8 * w))));
    for (std::uint32_t near = lanes_above(above, sums_of_8(bytes)); near != 0; near &= near - 1)
      masks[__builtin_ctz(near)] |= static_cast<std::uint16_t>(1u << q);
  }
}

}  // namespace
}  // namespace near_avx2_steps

// One hash a lane; the queries are broadcast one by one. Nearly every hash is far from every query, which a first look
// at half of its bits tells.
void near_avx2(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes, std::size_t count,
               std::uint32_t max_distance, std::uint16_t* masks) noexcept {
  using namespace near_avx2_steps;
  const __m256i above = _mm256_set1_epi64x(static_cast<long long>(max_distance) + 1);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(masks + i), _mm_setzero_si128());
    const std::uint32_t maybe =
        max_distance <= kNearHalfTells ? first_look(queries, query_count, hashes + 32 * i, above) : 0xff;
    if ((maybe & 0x0f) != 0) second_look(queries, query_count, hashes + 32 * i, above, masks + i);
    if ((maybe >> 4) != 0) second_look(queries, query_count, hashes + 32 * (i + 4), above, masks + i + 4);
  }
  near_scalar(queries, query_count, hashes + 32 * i, count - i, max_distance, masks + i);
}
EGIDE_TARGET_END

}  // namespace egide::kernels
#endif
