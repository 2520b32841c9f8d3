// Hamming distances over 256-bit hashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace egide::kernels {

/// Writes the distance (0 to 256) of `query` (32 bytes) to each of `count` hashes (32 bytes each).
using HammingFn = void (*)(const std::uint8_t* query, const std::uint8_t* hashes, std::size_t count,
                           std::uint16_t* distances) noexcept;

struct HammingKernel {
  const char* name;
  bool (*available)() noexcept;
  HammingFn run;
};

/// Every kernel of this build, fastest first; the last is scalar.
std::span<const HammingKernel> hamming_kernels() noexcept;

void hamming_scalar(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint16_t*) noexcept;
#if defined(__x86_64__)
void hamming_avx512(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint16_t*) noexcept;
void hamming_avx2(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint16_t*) noexcept;
#elif defined(__aarch64__)
void hamming_neon(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint16_t*) noexcept;
#elif defined(__wasm_simd128__)
void hamming_simd128(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint16_t*) noexcept;
#endif

}  // namespace egide::kernels
