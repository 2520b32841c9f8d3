#include "core/patch/describe.hpp"

#include <algorithm>
#include <cmath>

#include "core/patch/arithmetic.hpp"

namespace egide {
namespace {

using kernels::kDirections;

// The window around a keypoint has 1.5 of its sigmas and is cut off at three of its own (Lowe 2004, section 5).
constexpr float kWindowSigmas = 1.5f;
constexpr float kWindowReach = 3;
// 3 * 1.5 * the largest sigma in its own octave, 1.6 * 2^((3 + 0.6) / 3), rounded up.
constexpr int kMaxReach = 20;
// A second peak this near to the highest is a direction too (Lowe 2004, section 5).
constexpr float kSecondPeak = 0.8f;
// Sigmas to a side of a cell, and samples to a cell (Lowe's implementation has 3 and 4).
constexpr double kCellSigmas = 3, kCellSamples = 4;
// Keeps the parabola through three equal bins finite.
constexpr float kNothing = 1e-12f;

using Bins = std::array<float, kDirections>;

float around(const Bins& bins, std::uint32_t bin, int by) noexcept {
  return bins[(bin + static_cast<std::uint32_t>(by + static_cast<int>(kDirections))) % kDirections];
}

// (1, 4, 6, 4, 1) / 16, twice.
void smooth(Bins& bins) noexcept {
  for (int pass = 0; pass < 2; ++pass) {
    const Bins before = bins;
    for (std::uint32_t i = 0; i < kDirections; ++i)
      bins[i] = (around(before, i, -2) + around(before, i, 2)) * 0.0625f +
                (around(before, i, -1) + around(before, i, 1)) * 0.25f + before[i] * 0.375f;
  }
}

Bins directions_around(const Octave& octave, const Keypoint& keypoint, const kernels::PatchKernel& kernel) noexcept {
  const float sigma = kWindowSigmas * keypoint.sigma;
  const int reach = std::min(kMaxReach, static_cast<int>(std::floor(kWindowReach * sigma + 0.5f)));
  const int column = static_cast<int>(std::floor(keypoint.x + 0.5f)),
            line = static_cast<int>(std::floor(keypoint.y + 0.5f));
  std::array<float, kMaxReach + 1> window;
  for (int i = 0; i <= reach; ++i)
    window[static_cast<std::size_t>(i)] =
        static_cast<float>(arithmetic::exp2_of(-double(i * i) / (2 * double(sigma) * sigma * arithmetic::kLn2)));
  Bins bins{};
  for (int dy = -reach; dy <= reach; ++dy) {
    const int y = line + dy;
    if (y < 1 || y >= static_cast<int>(octave.height) - 1) continue;
    const int half = static_cast<int>(std::sqrt(static_cast<float>(reach * reach - dy * dy)));
    const int first = std::max(1, column - half), last = std::min(static_cast<int>(octave.width) - 2, column + half);
    if (last < first) continue;
    const auto count = static_cast<std::uint32_t>(last - first + 1), above = static_cast<std::uint32_t>(y - 1);
    float length[2 * kMaxReach + 1 + kernels::kRowPadding], direction[2 * kMaxReach + 1 + kernels::kRowPadding];
    kernel.directions(octave.row(keypoint.level, above) + first, octave.row(keypoint.level, above + 1) + first,
                      octave.row(keypoint.level, above + 2) + first, count, length, direction);
    const float weight = window[static_cast<std::size_t>(std::abs(dy))];
    for (std::uint32_t i = 0; i < count; ++i) {
      const int dx = first + static_cast<int>(i) - column;
      const float amount = length[i] * (weight * window[static_cast<std::size_t>(std::abs(dx))]);
      const auto bin = static_cast<std::uint32_t>(direction[i]);
      const float part = direction[i] - static_cast<float>(bin);
      bins[bin % kDirections] += amount * (1 - part);
      bins[(bin + 1) % kDirections] += amount * part;
    }
  }
  smooth(bins);
  return bins;
}

}  // namespace

Angles angles_of(const Octave& octave, const Keypoint& keypoint, const kernels::PatchKernel& kernel) noexcept {
  const Bins bins = directions_around(octave, keypoint, kernel);
  const float highest = *std::max_element(bins.begin(), bins.end());
  struct Peak {
    float height;
    double at;
  };
  std::array<Peak, kDirections> peaks;
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < kDirections; ++i) {
    const float left = around(bins, i, -1), right = around(bins, i, 1), here = bins[i];
    if (here > left && here >= right && here >= kSecondPeak * highest)
      peaks[count++] = {here, i + 0.5 * (left - right) / (left - 2 * here + right - kNothing)};
  }
  std::stable_sort(peaks.begin(), peaks.begin() + static_cast<std::ptrdiff_t>(count),
                   [](const Peak& a, const Peak& b) { return a.height > b.height; });
  Angles angles;
  for (; angles.count < std::min<std::size_t>(count, kMaxAngles); ++angles.count)
    angles.radians[angles.count] = arithmetic::wrapped(peaks[angles.count].at * (arithmetic::kTurn / kDirections));
  return angles;
}

Histogram histogram_of(const Octave& octave, const Keypoint& keypoint, double angle,
                       const kernels::PatchKernel& kernel) noexcept {
  const double step = kCellSigmas / kCellSamples * double(keypoint.sigma);
  const arithmetic::SinCos turn = arithmetic::sin_cos_of(angle);
  Histogram histogram;
  kernel.describe(octave.level(keypoint.level), octave.width, octave.height,
                  {keypoint.x, keypoint.y, static_cast<float>(turn.cos * step), static_cast<float>(turn.sin * step)},
                  histogram.data());
  return histogram;
}

}  // namespace egide
