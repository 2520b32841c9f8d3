#include "core/patch/describe.hpp"

#include <algorithm>
#include <cmath>

#include "core/kernels/prefetch.hpp"
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

// The gradients of a round window, row after row.
struct Window {
  static constexpr std::size_t kReach = kMaxReach, kSide = 2 * kReach + 1, kRoom = kSide * kSide + kernels::kRowPadding;
  std::uint32_t count = 0;
  float x[kRoom], y[kRoom], weight[kRoom];
};

// Keypoints come in no order of place: what lies around one is in no near cache. Asked for at once, its rows arrive
// together.
void fetch_around(const Octave& octave, std::uint32_t level, int column, int line, int reach) noexcept {
  constexpr int kFloatsOfLine = 16;
  for (int y = std::max(0, line - reach); y <= std::min(static_cast<int>(octave.height) - 1, line + reach); ++y) {
    const float* row = octave.row(level, static_cast<std::uint32_t>(y));
    const int last = std::min(static_cast<int>(octave.width) - 1, column + reach);
    for (int x = std::max(0, column - reach); x <= last; x += kFloatsOfLine) kernels::prefetch(row + x);
  }
}

void look_around(const Octave& octave, const Keypoint& keypoint, const kernels::PatchKernel& kernel,
                 Window& window) noexcept {
  const float sigma = kWindowSigmas * keypoint.sigma;
  const int reach = std::min(kMaxReach, static_cast<int>(std::floor(kWindowReach * sigma + 0.5f)));
  const int column = static_cast<int>(std::floor(keypoint.x + 0.5f)),
            line = static_cast<int>(std::floor(keypoint.y + 0.5f));
  fetch_around(octave, keypoint.level, column, line, reach);
  std::array<float, Window::kSide> weights;
  float* const centre = weights.data() + kMaxReach;
  // exp(-i^2 / 2 sigma^2), each from the one before: the squares are 1, 3, 5 … apart.
  double weight = 1, factor = arithmetic::exp2_of(-1 / (2 * double(sigma) * sigma * arithmetic::kLn2));
  const double growth = factor * factor;
  for (int i = 0; i <= reach; ++i, weight *= factor, factor *= growth)
    centre[i] = centre[-i] = static_cast<float>(weight);
  for (int dy = -reach; dy <= reach; ++dy) {
    const int y = line + dy;
    if (y < 1 || y >= static_cast<int>(octave.height) - 1) continue;
    const int half = static_cast<int>(std::sqrt(static_cast<float>(reach * reach - dy * dy)));
    const int first = std::max(1, column - half), last = std::min(static_cast<int>(octave.width) - 2, column + half);
    if (last < first) continue;
    const auto count = static_cast<std::uint32_t>(last - first + 1), above = static_cast<std::uint32_t>(y - 1);
    kernel.gradients(octave.row(keypoint.level, above) + first, octave.row(keypoint.level, above + 1) + first,
                     octave.row(keypoint.level, above + 2) + first, count, window.x + window.count,
                     window.y + window.count);
    for (std::uint32_t i = 0; i < count; ++i)
      window.weight[window.count + i] = centre[dy] * centre[first - column + static_cast<int>(i)];
    window.count += count;
  }
  std::fill_n(window.weight + window.count, kernels::kRowPadding, 0.0f);
}

Bins directions_around(const Octave& octave, const Keypoint& keypoint, const kernels::PatchKernel& kernel) noexcept {
  Window window;
  look_around(octave, keypoint, kernel, window);
  std::uint32_t bin[Window::kRoom];
  float here[Window::kRoom], next[Window::kRoom];
  kernel.votes(window.x, window.y, window.weight, window.count, bin, here, next);
  // Two histograms in turn, because neighbours vote for the same bin, and one vote would wait for the other.
  float votes[2][kDirections + 2] = {};
  for (std::uint32_t i = 0; i < window.count; ++i) {
    votes[i % 2][bin[i]] += here[i];
    votes[i % 2][bin[i] + 1] += next[i];
  }
  Bins bins{};
  for (std::uint32_t i = 0; i < kDirections + 2; ++i) bins[i % kDirections] += votes[0][i] + votes[1][i];
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
