#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#include "core/kernels/near_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

EGIDE_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")
namespace near_avx512_steps {
namespace {

// words[w] becomes word w of each of eight hashes, in their order.
EGIDE_INLINE void words_of(const std::uint8_t* hashes, __m512i words[4]) {
  const __m512i low = _mm512_setr_epi64(0, 4, 8, 12, 1, 5, 9, 13), high = _mm512_setr_epi64(2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i a = _mm512_loadu_si512(hashes), b = _mm512_loadu_si512(hashes + 64);
  const __m512i c = _mm512_loadu_si512(hashes + 128), d = _mm512_loadu_si512(hashes + 192);
  const __m512i ab_low = _mm512_permutex2var_epi64(a, low, b), cd_low = _mm512_permutex2var_epi64(c, low, d);
  const __m512i ab_high = _mm512_permutex2var_epi64(a, high, b), cd_high = _mm512_permutex2var_epi64(c, high, d);
  words[0] = _mm512_shuffle_i64x2(ab_low, cd_low, 0x44);
  words[1] = _mm512_shuffle_i64x2(ab_low, cd_low, 0xee);
  words[2] = _mm512_shuffle_i64x2(ab_high, cd_high, 0x44);
  words[3] = _mm512_shuffle_i64x2(ab_high, cd_high, 0xee);
}

EGIDE_INLINE __m512i word(const std::uint8_t* bytes) {
  long long word;
  std::memcpy(&word, bytes, sizeof word);
  return _mm512_set1_epi64(word);
}

// The bits that differ in the first word, in the second or in both: the distance is no less.
EGIDE_INLINE __m512i least_distance(const __m512i words[4], __m512i query0, __m512i query1) {
  constexpr int kAOrBXorC = 0xf6;
  const __m512i first = _mm512_xor_si512(words[0], query0);
  return _mm512_popcnt_epi64(_mm512_ternarylogic_epi64(first, words[1], query1, kAOrBXorC));
}

// Bit i is set if hash i of sixteen may be within the limit of some query.
EGIDE_INLINE std::uint32_t first_look(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes,
                                      __m512i limit) {
  __m512i a[4], b[4];
  words_of(hashes, a);
  words_of(hashes + 256, b);
  __m512i nearest_a = _mm512_set1_epi64(64), nearest_b = nearest_a;
  for (std::size_t q = 0; q < query_count; ++q) {
    const __m512i query0 = word(queries + 32 * q), query1 = word(queries + 32 * q + 8);
    nearest_a = _mm512_min_epu32(nearest_a, least_distance(a, query0, query1));
    nearest_b = _mm512_min_epu32(nearest_b, least_distance(b, query0, query1));
  }
  return static_cast<std::uint32_t>(_mm512_cmple_epu64_mask(nearest_a, limit)) |
         static_cast<std::uint32_t>(_mm512_cmple_epu64_mask(nearest_b, limit)) << 8;
}

// Sets the bits of eight masks that are zero.
EGIDE_INLINE void second_look(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes,
                              __m512i limit, std::uint16_t* masks) {
  __m512i words[4];
  words_of(hashes, words);
  for (std::size_t q = 0; q < query_count; ++q) {
    __m512i bits[4];
    for (int w = 0; w < 4; ++w)
      bits[w] = _mm512_popcnt_epi64(_mm512_xor_si512(words[w], word(queries + 32 * q + 8 * w)));
    const __m512i distance = _mm512_add_epi64(_mm512_add_epi64(bits[0], bits[1]), _mm512_add_epi64(bits[2], bits[3]));
    for (std::uint32_t near = _mm512_cmple_epu64_mask(distance, limit); near != 0; near &= near - 1)
      masks[__builtin_ctz(near)] |= static_cast<std::uint16_t>(1u << q);
  }
}

}  // namespace
}  // namespace near_avx512_steps

// One hash a lane; the queries are broadcast one by one. Nearly every hash is far from every query, which a first look
// at half of its bits tells.
void near_avx512(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes, std::size_t count,
                 std::uint32_t max_distance, std::uint16_t* masks) noexcept {
  using namespace near_avx512_steps;
  const __m512i limit = _mm512_set1_epi64(max_distance);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(masks + i), _mm256_setzero_si256());
    const std::uint32_t maybe =
        max_distance <= kNearHalfTells ? first_look(queries, query_count, hashes + 32 * i, limit) : 0xffff;
    if ((maybe & 0xff) != 0) second_look(queries, query_count, hashes + 32 * i, limit, masks + i);
    if ((maybe >> 8) != 0) second_look(queries, query_count, hashes + 32 * (i + 8), limit, masks + i + 8);
  }
  near_scalar(queries, query_count, hashes + 32 * i, count - i, max_distance, masks + i);
}
EGIDE_TARGET_END

}  // namespace egide::kernels
#endif
