#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include "core/kernels/hamming_kernels.hpp"

namespace egide::kernels {

void hamming_simd128(const std::uint8_t* query, const std::uint8_t* hashes, std::size_t count,
                     std::uint16_t* distances) noexcept {
  const v128_t low = wasm_v128_load(query), high = wasm_v128_load(query + 16);
  for (std::size_t i = 0; i < count; ++i) {
    const v128_t a = wasm_i8x16_popcnt(wasm_v128_xor(low, wasm_v128_load(hashes + 32 * i)));
    const v128_t b = wasm_i8x16_popcnt(wasm_v128_xor(high, wasm_v128_load(hashes + 32 * i + 16)));
    const v128_t pairs = wasm_u16x8_extadd_pairwise_u8x16(wasm_i8x16_add(a, b));  // a byte holds at most 16
    const v128_t quads = wasm_u32x4_extadd_pairwise_u16x8(pairs);
    const v128_t halves = wasm_i32x4_add(quads, wasm_i64x2_shuffle(quads, quads, 1, 0));
    distances[i] = static_cast<std::uint16_t>(wasm_i32x4_extract_lane(halves, 0) + wasm_i32x4_extract_lane(halves, 1));
  }
}

}  // namespace egide::kernels
#endif
