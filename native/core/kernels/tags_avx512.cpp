#if defined(__x86_64__)
#include <immintrin.h>

#include "core/kernels/tags_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {

// One aligned register of 32 tags at a time, so that no cache line outside a run is read; the ends are masked.
EGIDE_TARGET_BEGIN("avx512f,avx512bw,avx512bitalg")
std::size_t tags_avx512(const TagRun* runs, std::size_t run_count, const std::uint16_t* tags, std::uint16_t query_tag,
                        std::uint32_t* found) noexcept {
  constexpr std::uint32_t kLanes = 32;
  const __m512i query = _mm512_set1_epi16(static_cast<short>(query_tag));
  std::size_t count = 0;
  for (std::size_t r = 0; r < run_count; ++r) {
    const TagRun run = runs[r];
    const __m512i limit = _mm512_set1_epi16(static_cast<short>(run.limit));
    std::uint32_t skipped = ~std::uint32_t{0} << (run.begin % kLanes);
    for (std::uint32_t block = run.begin - run.begin % kLanes; block < run.end; block += kLanes) {
      const __m512i differing = _mm512_xor_si512(query, _mm512_loadu_si512(tags + block));
      std::uint32_t near = _mm512_cmple_epu16_mask(_mm512_popcnt_epi16(differing), limit) & skipped;
      skipped = ~std::uint32_t{0};
      if (run.end - block < kLanes) near &= (std::uint32_t{1} << (run.end - block)) - 1;
      for (; near != 0; near &= near - 1) found[count++] = block + static_cast<std::uint32_t>(__builtin_ctz(near));
    }
  }
  return count;
}
EGIDE_TARGET_END

}  // namespace egide::kernels
#endif
