// Numbers that every kernel of patches shares.
#pragma once

#include <array>

#include "core/kernels/patch_kernels.hpp"

namespace egide::kernels {

/// Cells of the descriptor along a side, directions of each, and the inner samples along a side.
inline constexpr std::uint32_t kPatchCells = 4, kPatchLobes = 8, kPatchInner = kPatchSamples - 2;
inline constexpr std::uint32_t kHistogramSize = kPatchCells * kPatchCells * kPatchLobes;
/// Cosines and sines of the eight directions.
inline constexpr float kHalfRoot = 0.70710678f;
inline constexpr float kLobeX[kPatchLobes] = {1, kHalfRoot, 0, -kHalfRoot, -1, -kHalfRoot, 0, kHalfRoot};
inline constexpr float kLobeY[kPatchLobes] = {0, kHalfRoot, 1, kHalfRoot, 0, -kHalfRoot, -1, -kHalfRoot};
/// exp(-(i - 7.5)^2 / 128): the window over the square, a standard deviation of half its side (Lowe 2004, section 6.1).
inline constexpr float kWindow[kPatchInner] = {
    0.64438872f, 0.71886757f, 0.78952157f, 0.85367636f, 0.90873376f, 0.95234480f, 0.98257547f, 0.99804878f,
    0.99804878f, 0.98257547f, 0.95234480f, 0.90873376f, 0.85367636f, 0.78952157f, 0.71886757f, 0.64438872f};
/// Sample i belongs to the cell `near_cell(i)` and the one after it, which takes `far_weight(i)` of it (bilinear);
/// cells -1 and 4 are outside.
constexpr int near_cell(std::uint32_t i) noexcept { return (static_cast<int>(i) + 2) / 4 - 1; }
constexpr float far_weight(std::uint32_t i) noexcept { return 0.125f + 0.25f * static_cast<float>((i + 2) % 4); }
/// What a transparent picture lies on, 256 times.
inline constexpr int kMidGrey = 128 * 256;
/// `far_weight` of every inner sample, and what is left of 1.
struct FarWeights {
  float weight[kPatchInner], rest[kPatchInner];
  constexpr FarWeights() noexcept : weight(), rest() {
    for (std::uint32_t i = 0; i < kPatchInner; ++i) weight[i] = far_weight(i), rest[i] = 1 - weight[i];
  }
};
inline constexpr FarWeights kFar;
/// Where the samples of the square lie, counted from its centre, row by row.
struct SquarePlaces {
  float u[kPatchSamples * kPatchSamples], v[kPatchSamples * kPatchSamples];
  constexpr SquarePlaces() noexcept : u(), v() {
    for (std::uint32_t i = 0; i < kPatchSamples * kPatchSamples; ++i) {
      const std::uint32_t row = i / kPatchSamples, column = i % kPatchSamples;
      u[i] = static_cast<float>(column) - (kPatchSamples - 1) / 2.0f;
      v[i] = static_cast<float>(row) - (kPatchSamples - 1) / 2.0f;
    }
  }
};
inline constexpr SquarePlaces kSquare;
/// Keeps a division by the squared length of a zero gradient finite.
inline constexpr float kTiny = 1e-12f;
/// What a cell may have at most of the descriptor's length, against strong light (Lowe 2004, section 6.1).
inline constexpr float kClip = 0.2f;
/// Histogram bytes are this times the square root of a cell's share (RootSIFT: Arandjelovic & Zisserman 2012), which
/// seldom exceeds a half.
inline constexpr float kHistogramScale = 512;

/// atan(t) = t * (1 + t^2 * (…)) for |t| <= 1, within 2e-8 (Abramowitz & Stegun 4.4.49), highest power first.
inline constexpr float kAtan[8] = {0.0028662257f, -0.0161657367f, 0.0429096138f, -0.0752896400f,
                                   0.1065626393f, -0.1420889944f, 0.1999355085f, -0.3333314528f};
inline constexpr float kQuarterTurn = 1.57079633f, kHalfTurn = 3.14159265f, kWholeTurn = 6.28318531f;
inline constexpr float kBinsPerRadian = 36 / 6.28318531f;

}  // namespace egide::kernels
