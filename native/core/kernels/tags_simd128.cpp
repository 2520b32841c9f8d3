#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include "core/kernels/tags_kernels.hpp"

namespace egide::kernels {

// One aligned register of 8 tags at a time; the ends are masked.
std::size_t tags_simd128(const TagRun* runs, std::size_t run_count, const std::uint16_t* tags, std::uint16_t query_tag,
                         std::uint32_t* found) noexcept {
  constexpr std::uint32_t kLanes = 8;
  const v128_t query = wasm_i16x8_splat(static_cast<std::int16_t>(query_tag));
  std::size_t count = 0;
  for (std::size_t r = 0; r < run_count; ++r) {
    const TagRun run = runs[r];
    const v128_t limit = wasm_i16x8_splat(static_cast<std::int16_t>(run.limit));
    std::uint32_t kept = ~std::uint32_t{0} << (run.begin % kLanes);
    for (std::uint32_t block = run.begin - run.begin % kLanes; block < run.end; block += kLanes) {
      const v128_t bytes = wasm_i8x16_popcnt(wasm_v128_xor(query, wasm_v128_load(tags + block)));
      const v128_t distances = wasm_u16x8_extadd_pairwise_u8x16(bytes);
      std::uint32_t near = wasm_i16x8_bitmask(wasm_i16x8_le(distances, limit)) & kept;
      kept = ~std::uint32_t{0};
      if (run.end - block < kLanes) near &= (std::uint32_t{1} << (run.end - block)) - 1;
      for (; near != 0; near &= near - 1) found[count++] = block + static_cast<std::uint32_t>(__builtin_ctz(near));
    }
  }
  return count;
}

}  // namespace egide::kernels
#endif
