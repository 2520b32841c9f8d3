#if defined(__x86_64__)
#include <immintrin.h>

#include "core/kernels/codes_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

EGIDE_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")
namespace codes_avx512_steps {
namespace {

// Bits that differ in each of the words that `inside` has; the others are not read.
EGIDE_INLINE __m512i differing(const std::uint8_t* four_codes, __mmask8 inside, __m512i asked, __m512i mask) {
  const __m512i codes = _mm512_maskz_loadu_epi64(inside, four_codes);
  return _mm512_popcnt_epi64(_mm512_and_si512(_mm512_xor_si512(codes, asked), mask));
}

}  // namespace
}  // namespace codes_avx512_steps

// Eight codes a step.
std::size_t codes_avx512(const std::uint8_t* asked, const std::uint8_t* codes, std::size_t count, std::uint64_t mask,
                         std::uint32_t max_distance, std::uint32_t* found) noexcept {
  using namespace codes_avx512_steps;
  const __m512i query = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(asked)));
  const __m512i masks = _mm512_mask_set1_epi64(_mm512_set1_epi64(-1), 0xaa, static_cast<long long>(mask));
  const __m512i limit = _mm512_set1_epi64(max_distance);
  std::size_t near = 0;
  for (std::size_t i = 0; i < count; i += 8) {
    const std::size_t left = count - i < 8 ? count - i : 8;
    const std::uint32_t words = (1u << 2 * left) - 1;
    const __m512i a = differing(codes + 16 * i, static_cast<__mmask8>(words), query, masks);
    const __m512i b = differing(codes + 16 * i + 64, static_cast<__mmask8>(words >> 8), query, masks);
    // Codes 0, 4, 1, 5, 2, 6, 3, 7.
    const __m512i distances = _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    const std::uint32_t within = _mm512_cmple_epu64_mask(distances, limit);
    if (within == 0) continue;
    for (std::uint32_t k = 0; k < left; ++k)
      if ((within >> (k % 4 * 2 + k / 4) & 1) != 0) found[near++] = static_cast<std::uint32_t>(i) + k;
  }
  return near;
}
EGIDE_TARGET_END

}  // namespace egide::kernels
#endif
