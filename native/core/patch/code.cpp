#include "core/patch/code.hpp"

#include <bit>
#include <cmath>

#include "core/patch/arithmetic.hpp"
#include "core/patch/tables.hpp"

namespace egide {

Code code_of(const Histogram& histogram) noexcept {
  Code code{};
  for (std::uint32_t i = 0; i < kCodeBits; ++i) {
    const bool above = histogram[kCodePairs[i][0]] > histogram[kCodePairs[i][1]];
    code.words[i / 64] |= std::uint64_t{above} << (i % 64);
  }
  return code;
}

Key key_of(const Histogram& histogram) noexcept {
  Key key{};
  for (std::uint32_t i = 0; i < kKeyBits; ++i) {
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < kHistogramBytes; ++j) sum += kKeyRows[i][j] * histogram[j];
    const float side = static_cast<float>(sum - kKeyThresholds[i]) * kKeyScales[i];
    key.margins[i] = std::fabs(side);
    key.bits |= (side > 0 ? 1u : 0u) << i;
  }
  return key;
}

Histogram histogram_in(Variant variant, const Histogram& histogram) noexcept {
  const bool mirrored = variant == Variant::mirrored || variant == Variant::mirrored_negative;
  const bool negative = variant == Variant::negative || variant == Variant::mirrored_negative;
  Histogram turned;
  for (std::uint32_t row = 0; row < 4; ++row)
    for (std::uint32_t column = 0; column < 4; ++column)
      for (std::uint32_t direction = 0; direction < 8; ++direction) {
        // A mirror turns the square over along its first axis; in a negative every gradient, and so the square, points
        // the other way, which leaves directions relative to it as they were.
        const std::uint32_t to_row = mirrored != negative ? 3 - row : row, to_column = negative ? 3 - column : column;
        const std::uint32_t to_direction = mirrored ? (8 - direction) % 8 : direction;
        turned[to_row * 32 + to_column * 8 + to_direction] = histogram[row * 32 + column * 8 + direction];
      }
  return turned;
}

Place place_in(Variant variant, const Place& place, float width) noexcept {
  constexpr auto kHalf = static_cast<float>(arithmetic::kPi);
  Place turned = place;
  if (variant == Variant::mirrored || variant == Variant::mirrored_negative)
    turned.x = width - place.x, turned.angle = kHalf - place.angle;
  if (variant == Variant::negative || variant == Variant::mirrored_negative) turned.angle += kHalf;
  return turned;
}

std::uint32_t code_distance(const Code& a, const Code& b, bool narrow) noexcept {
  const auto low = static_cast<std::uint32_t>(std::popcount(a.words[0] ^ b.words[0]));
  return narrow ? low : low + static_cast<std::uint32_t>(std::popcount(a.words[1] ^ b.words[1]));
}

std::uint32_t patch_tables_version() noexcept { return kTablesVersion; }

}  // namespace egide
