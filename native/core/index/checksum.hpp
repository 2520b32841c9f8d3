// XXH64: the checksum of index files. It finds accidents, not forgeries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace egide {

/// A checksum over bytes that come in parts, at the speed of memory. The algorithm is XXH64 with seed 0, written from
/// its published description (Y. Collet, "xxHash fast digest algorithm", version 0.1.1).
class Checksum {
 public:
  void update(std::span<const std::uint8_t> bytes) noexcept;
  std::uint64_t value() const noexcept;

 private:
  static constexpr std::size_t kStripe = 32;

  void stripe(const std::uint8_t* bytes) noexcept;

  std::uint64_t lanes_[4] = {0x60EA27EEADC0B5D6u, 0xC2B2AE3D27D4EB4Fu, 0, 0x61C8864E7A143579u};
  std::uint64_t length_ = 0;
  std::uint8_t rest_[kStripe] = {};  // the first `length_ % kStripe` bytes are in use
};

std::uint64_t checksum_of(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace egide
