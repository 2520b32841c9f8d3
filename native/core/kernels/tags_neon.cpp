#if defined(__aarch64__)
#include <arm_neon.h>

#include "core/kernels/tags_kernels.hpp"

namespace egide::kernels {

// One aligned register of 8 tags at a time; the ends are masked.
std::size_t tags_neon(const TagRun* runs, std::size_t run_count, const std::uint16_t* tags, std::uint16_t query_tag,
                      std::uint32_t* found) noexcept {
  constexpr std::uint32_t kLanes = 8;
  constexpr std::uint64_t kOneEach = 0x0101010101010101;  // a byte stands for a tag, its lowest bit is kept
  const uint16x8_t query = vdupq_n_u16(query_tag);
  std::size_t count = 0;
  for (std::size_t r = 0; r < run_count; ++r) {
    const TagRun run = runs[r];
    const uint16x8_t limit = vdupq_n_u16(static_cast<std::uint16_t>(run.limit));
    std::uint64_t kept = kOneEach << 8 * (run.begin % kLanes);
    for (std::uint32_t block = run.begin - run.begin % kLanes; block < run.end; block += kLanes) {
      const uint8x16_t differing = vreinterpretq_u8_u16(veorq_u16(query, vld1q_u16(tags + block)));
      const uint16x8_t distances = vpaddlq_u8(vcntq_u8(differing));
      std::uint64_t near = vget_lane_u64(vreinterpret_u64_u8(vmovn_u16(vcleq_u16(distances, limit))), 0) & kept;
      kept = kOneEach;
      if (run.end - block < kLanes) near &= (std::uint64_t{1} << 8 * (run.end - block)) - 1;
      for (; near != 0; near &= near - 1)
        found[count++] = block + static_cast<std::uint32_t>(__builtin_ctzll(near)) / 8;
    }
  }
  return count;
}

}  // namespace egide::kernels
#endif
