// Rows of an index of digests as numbers that can be compared: digests are big-endian, and their order is that of
// bytes.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/index/little_endian.hpp"

namespace egide {

/// The same value with its bytes in the other order; compilers know the pattern.
constexpr std::uint64_t byte_swapped(std::uint64_t value) noexcept {
  value = (value & 0x00ff00ff00ff00ffu) << 8 | (value >> 8 & 0x00ff00ff00ff00ffu);
  value = (value & 0x0000ffff0000ffffu) << 16 | (value >> 16 & 0x0000ffff0000ffffu);
  return value << 32 | value >> 32;
}

/// A digest of `kWidth` bytes. What a last word of four bytes lacks is zero.
template <std::size_t kWidth>
struct Digest {
  static_assert(kWidth % 4 == 0);
  std::uint64_t words[(kWidth + 7) / 8];

  auto operator<=>(const Digest&) const = default;
};

template <std::size_t kWidth>
Digest<kWidth> read_digest(const std::uint8_t* at) noexcept {
  Digest<kWidth> digest;
  for (std::size_t i = 0; i < kWidth / 8; ++i) digest.words[i] = byte_swapped(read_u64(at + 8 * i));
  if constexpr (kWidth % 8 != 0) digest.words[kWidth / 8] = byte_swapped(read_u32(at + kWidth / 8 * 8));
  return digest;
}

template <std::size_t kWidth>
void write_digest(std::uint8_t* at, const Digest<kWidth>& digest) noexcept {
  for (std::size_t i = 0; i < kWidth / 8; ++i) write_number(at + 8 * i, byte_swapped(digest.words[i]));
  if constexpr (kWidth % 8 != 0)
    write_number(at + kWidth / 8 * 8, static_cast<std::uint32_t>(byte_swapped(digest.words[kWidth / 8])));
}

/// The bucket of a digest: its leading bits, at most 32.
inline std::uint64_t bucket_of(const std::uint8_t* digest, std::uint32_t directory_bits) noexcept {
  return (byte_swapped(read_u32(digest)) >> 32) >> (32 - directory_bits);
}

/// Calls `work` with the width as a constant: 16 (MD5), 20 (SHA-1) or 32 (SHA-256).
template <typename Work>
auto with_width(std::uint32_t width, Work&& work) noexcept {
  if (width == 16) return work(std::integral_constant<std::size_t, 16>());
  if (width == 20) return work(std::integral_constant<std::size_t, 20>());
  return work(std::integral_constant<std::size_t, 32>());
}

}  // namespace egide
