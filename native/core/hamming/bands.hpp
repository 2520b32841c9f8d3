// How a PDQ hash is cut into bands, and which bands a hash within a radius must share with the query (docs/search.md).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/index/index_format.hpp"

namespace egide {

inline constexpr std::size_t kPdqBytes = 32;

/// A hash after the permutation, band by band: a band is the key into its own table and the tag in the table before it.
using Bands = std::array<std::uint16_t, kBands>;

/// The permutation of the format: bit r of band j is bit (j + 3r) mod 16 of the hash's little-endian word r. Taking the
/// cells of the 16 x 16 transform along knight's-move diagonals makes bands of real pictures as independent as uniform
/// bits (docs/search.md has the figures).
Bands permuted(const std::uint8_t* hash) noexcept;
/// The inverse.
void unpermuted(const Bands& bands, std::uint8_t* hash) noexcept;

/// The largest radius that the bands serve; beyond, every search is a scan.
inline constexpr std::uint32_t kMaxBandedRadius = 64;
/// Bits of a key that are turned at most: what a radius of 64 asks of one band.
inline constexpr std::uint32_t kMaxFlips = 4;

/// What a radius asks of each band.
struct BandPlan {
  /// Bits in which a key may differ; -1: the band is not probed.
  std::array<int, kBands> radius;
  /// Bits in which a key and its tag together may differ.
  std::array<int, kBands> with_tag;
};
BandPlan plan_of(std::uint32_t max_distance) noexcept;

/// Every 16-bit pattern of at most `kMaxFlips` bits, fewest bits first.
std::span<const std::uint16_t> flips() noexcept;
/// How many of them have at most `radius` bits; none for -1.
std::uint32_t flips_within(int radius) noexcept;

/// Whether the bands find faster than a scan would, by the costs that bench/native/search_bench measured. Without tags
/// every entry that a probe meets is looked up.
bool bands_pay(std::uint32_t max_distance, std::uint64_t count, std::size_t queries, bool tags) noexcept;

}  // namespace egide
