#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include <cstring>

#include "core/kernels/near_kernels.hpp"
#include "core/kernels/target.hpp"

namespace egide::kernels {
namespace near_simd128_steps {
namespace {

// parts[p] becomes the p-th 32 bits of each of four hashes, in their order; p is 0 to 3, half of a hash.
EGIDE_INLINE void parts_of(const std::uint8_t* hashes, v128_t parts[4]) {
  const v128_t a = wasm_v128_load(hashes), b = wasm_v128_load(hashes + 32);
  const v128_t c = wasm_v128_load(hashes + 64), d = wasm_v128_load(hashes + 96);
  const v128_t ab_low = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab_high = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
  const v128_t cd_low = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd_high = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
  parts[0] = wasm_i64x2_shuffle(ab_low, cd_low, 0, 2);
  parts[1] = wasm_i64x2_shuffle(ab_low, cd_low, 1, 3);
  parts[2] = wasm_i64x2_shuffle(ab_high, cd_high, 0, 2);
  parts[3] = wasm_i64x2_shuffle(ab_high, cd_high, 1, 3);
}

// The bit count of every byte of what differs in the first part, in the second or in both.
EGIDE_INLINE v128_t differing(const v128_t parts[2], const std::uint8_t* query) {
  return wasm_i8x16_popcnt(wasm_v128_or(wasm_v128_xor(parts[0], wasm_v128_load32_splat(query)),
                                        wasm_v128_xor(parts[1], wasm_v128_load32_splat(query + 4))));
}

// Whether one of four hashes may be within the limit of some query: the distance is no less than the bits that differ
// in one of two parts, or in both.
EGIDE_INLINE bool first_look(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes,
                             v128_t limit) {
  v128_t parts[4];
  parts_of(hashes, parts);
  v128_t nearest = wasm_i32x4_const_splat(64);
  for (std::size_t q = 0; q < query_count; ++q) {
    const std::uint8_t* query = queries + 32 * q;
    const v128_t bytes = wasm_i8x16_add(differing(parts, query), differing(parts + 2, query + 8));
    const v128_t pairs = wasm_u16x8_extadd_pairwise_u8x16(bytes);
    nearest = wasm_i32x4_min(nearest, wasm_i32x4_dot_i16x8(pairs, wasm_i16x8_const_splat(1)));
  }
  return wasm_v128_any_true(wasm_i32x4_le(nearest, limit));
}

}  // namespace
}  // namespace near_simd128_steps

// One hash a lane; the queries are broadcast one by one. Nearly every hash is far from every query, which a first look
// at half of its bits tells. Beyond that, i64.popcnt is as fast as i8x16.popcnt, and on x86 faster.
void near_simd128(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes, std::size_t count,
                  std::uint32_t max_distance, std::uint16_t* masks) noexcept {
  using namespace near_simd128_steps;
  std::size_t i = 0;
  if (max_distance <= kNearHalfTells) {
    const v128_t limit = wasm_i32x4_splat(static_cast<std::int32_t>(max_distance));
    for (; i + 4 <= count; i += 4) {
      std::memset(masks + i, 0, 4 * sizeof *masks);
      if (first_look(queries, query_count, hashes + 32 * i, limit))
        near_scalar(queries, query_count, hashes + 32 * i, 4, max_distance, masks + i);
    }
  }
  near_scalar(queries, query_count, hashes + 32 * i, count - i, max_distance, masks + i);
}

}  // namespace egide::kernels
#endif
