// Numbers in index files. Everything that egide runs on is little-endian (checked here), so a copy is enough.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace egide {

static_assert(std::endian::native == std::endian::little);

template <typename Number>
Number read_number(const std::uint8_t* at) noexcept {
  Number value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename Number>
void write_number(std::uint8_t* at, Number value) noexcept {
  std::memcpy(at, &value, sizeof value);
}

inline std::uint32_t read_u32(const std::uint8_t* at) noexcept { return read_number<std::uint32_t>(at); }
inline std::uint64_t read_u64(const std::uint8_t* at) noexcept { return read_number<std::uint64_t>(at); }

}  // namespace egide
