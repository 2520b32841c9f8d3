#include <cstring>

#include "core/kernels/codes_kernels.hpp"

namespace egide::kernels {
namespace codes_scalar_steps {
namespace {

// Warren, "Hacker's Delight", figure 5-2. Compilers make it the instruction where the target has one; GCC's builtin for
// those without is a call.
std::uint32_t bits_of(std::uint64_t word) noexcept {
  word -= word >> 1 & 0x5555555555555555u;
  word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return static_cast<std::uint32_t>(word * 0x0101010101010101u >> 56);
}

}  // namespace
}  // namespace codes_scalar_steps

// A bit that differs in either word tells of a distance no less, in half the work, and nearly every code is too far
// already by that.
std::size_t codes_scalar(const std::uint8_t* asked, const std::uint8_t* codes, std::size_t count, std::uint64_t mask,
                         std::uint32_t max_distance, std::uint32_t* found) noexcept {
  using codes_scalar_steps::bits_of;
  std::uint64_t q[2];
  std::memcpy(q, asked, sizeof q);
  std::size_t near = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t c[2];
    std::memcpy(c, codes + 16 * i, sizeof c);
    const std::uint64_t low = c[0] ^ q[0], high = (c[1] ^ q[1]) & mask;
    if (bits_of(low | high) > max_distance || bits_of(low) + bits_of(high) > max_distance) continue;
    found[near++] = static_cast<std::uint32_t>(i);
  }
  return near;
}

}  // namespace egide::kernels
