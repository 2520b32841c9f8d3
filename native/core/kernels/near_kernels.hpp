// Which of some 256-bit hashes are near which of up to sixteen queries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace egide::kernels {

/// Queries that one call takes at most.
inline constexpr std::size_t kNearQueries = 16;

/// Up to this radius kernels look first at the bits that differ in the first word, in the second or in both. Of random
/// words they are 48 of 64, give or take 3.5: at larger radii they would often tell nothing.
inline constexpr std::uint32_t kNearHalfTells = 39;

/// Sets bit q of masks[i] exactly when hash i is within `max_distance` bits (0 to 256) of query q. Hashes and queries
/// (1 to 16) are 32 bytes each, at any alignment.
using NearFn = void (*)(const std::uint8_t* queries, std::size_t query_count, const std::uint8_t* hashes,
                        std::size_t count, std::uint32_t max_distance, std::uint16_t* masks) noexcept;

struct NearKernel {
  const char* name;
  bool (*available)() noexcept;
  NearFn run;
};

/// Every kernel of this build, fastest first; the last is scalar.
std::span<const NearKernel> near_kernels() noexcept;

void near_scalar(const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t, std::uint32_t,
                 std::uint16_t*) noexcept;
#if defined(__x86_64__)
void near_avx512(const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t, std::uint32_t,
                 std::uint16_t*) noexcept;
void near_avx2(const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t, std::uint32_t,
               std::uint16_t*) noexcept;
#elif defined(__aarch64__)
void near_neon(const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t, std::uint32_t,
               std::uint16_t*) noexcept;
#elif defined(__wasm_simd128__)
void near_simd128(const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t, std::uint32_t,
                  std::uint16_t*) noexcept;
#endif

}  // namespace egide::kernels
