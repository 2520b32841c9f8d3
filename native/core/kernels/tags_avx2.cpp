#if defined(__x86_64__)
#include <immintrin.h>

#include "core/kernels/tags_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

// One aligned register of 16 tags at a time; the ends are masked. Each nibble looks up its bit count (Mula, Kurz &
// Lemire 2018, "Faster Population Counts Using AVX2 Instructions").
EGIDE_TARGET_BEGIN("avx2")
std::size_t tags_avx2(const TagRun* runs, std::size_t run_count, const std::uint16_t* tags, std::uint16_t query_tag,
                      std::uint32_t* found) noexcept {
  constexpr std::uint32_t kLanes = 16;
  const __m256i query = _mm256_set1_epi16(static_cast<short>(query_tag));
  const __m256i low_nibble = _mm256_set1_epi8(0x0f), ones = _mm256_set1_epi8(1);
  const __m256i bit_count = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  std::size_t count = 0;
  for (std::size_t r = 0; r < run_count; ++r) {
    const TagRun run = runs[r];
    const __m256i above = _mm256_set1_epi16(static_cast<short>(run.limit + 1));
    // Two bits stand for a tag; the lower one is kept.
    std::uint32_t kept = std::uint32_t{0x55555555} << 2 * (run.begin % kLanes);
    for (std::uint32_t block = run.begin - run.begin % kLanes; block < run.end; block += kLanes) {
      const __m256i differing =
          _mm256_xor_si256(query, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(tags + block)));
      const __m256i low = _mm256_and_si256(differing, low_nibble);
      const __m256i high = _mm256_and_si256(_mm256_srli_epi16(differing, 4), low_nibble);
      const __m256i bytes = _mm256_add_epi8(_mm256_shuffle_epi8(bit_count, low), _mm256_shuffle_epi8(bit_count, high));
      const __m256i distances = _mm256_maddubs_epi16(bytes, ones);
      std::uint32_t near =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpgt_epi16(above, distances))) & kept;
      kept = 0x55555555;
      if (run.end - block < kLanes) near &= (std::uint32_t{1} << 2 * (run.end - block)) - 1;
      for (; near != 0; near &= near - 1) found[count++] = block + static_cast<std::uint32_t>(__builtin_ctz(near)) / 2;
    }
  }
  return count;
}
EGIDE_TARGET_END

}  // namespace egide::kernels
#endif
