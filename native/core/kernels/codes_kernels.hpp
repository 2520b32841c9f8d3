// Which of some 128-bit codes are near one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace egide::kernels {

/// Writes the numbers of the codes within `max_distance` bits of the one asked about, in their order, and returns how
/// many. Codes are 16 bytes each, at any alignment; of the second eight those bits count that are set in `mask`.
/// `found` has room for `count` numbers.
using CodesFn = std::size_t (*)(const std::uint8_t* asked, const std::uint8_t* codes, std::size_t count,
                                std::uint64_t mask, std::uint32_t max_distance, std::uint32_t* found) noexcept;

struct CodesKernel {
  const char* name;
  bool (*available)() noexcept;
  CodesFn run;
};

/// Every kernel of this build, fastest first; the last is scalar.
std::span<const CodesKernel> codes_kernels() noexcept;

std::size_t codes_scalar(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint64_t, std::uint32_t,
                         std::uint32_t*) noexcept;
#if defined(__x86_64__)
std::size_t codes_avx512(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint64_t, std::uint32_t,
                         std::uint32_t*) noexcept;
std::size_t codes_avx2(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint64_t, std::uint32_t,
                       std::uint32_t*) noexcept;
#elif defined(__aarch64__)
std::size_t codes_neon(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint64_t, std::uint32_t,
                       std::uint32_t*) noexcept;
#endif

}  // namespace egide::kernels
