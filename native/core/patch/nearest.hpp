// Which codes of a picture resemble a code: the work that most of a comparison's time goes into.
#pragma once

#include <span>

#include "core/patch/feature.hpp"

namespace egide {

/// A code by its number, and the bits in which it differs.
struct NearCode {
  std::uint32_t code, distance;
};

/// Writes the numbers of the codes within `radius` bits of the one asked about, in their order, and returns how many.
/// Codes are `width` bytes each, 16 or 8, one after the other; `near` has room for `count` numbers.
std::size_t codes_within(const Code& asked, const std::uint8_t* codes, std::uint32_t width, std::size_t count,
                         std::uint32_t radius, std::uint32_t* near) noexcept;

/// The codes within `radius` bits of the one asked about, at most two: the nearest, ties by number. Returns how many.
/// `narrow`: only the first 64 bits count.
std::size_t two_nearest(const Code& asked, std::span<const Code> codes, std::uint32_t radius, bool narrow,
                        NearCode (&nearest)[2]) noexcept;

/// Whether some code less than `limit` bits away lies more than `apart` pixels from `place`; `places` are those of
/// `codes`.
bool resembles_elsewhere(const Code& asked, const Place& place, std::span<const Code> codes,
                         std::span<const Place> places, std::uint32_t limit, float apart, bool narrow) noexcept;

}  // namespace egide
