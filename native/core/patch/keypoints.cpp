#include "core/patch/keypoints.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/patch/arithmetic.hpp"

namespace egide {
namespace {

// Least |difference of Gaussians| of a keypoint: a fifth of Lowe's 0.03 / 3, so that dull pictures, blurred and dark
// copies keep enough of them; the choice among them does the rest (measured: docs/patches.md).
constexpr float kLeastStrength = 0.0015f;
// Largest ratio of principal curvatures: an edge has no place along itself (Lowe 2004, section 4.1).
constexpr float kEdgeRatio = 10;
// Pixels at the rim of an octave that are not looked at (Lowe's implementation).
constexpr std::uint32_t kRim = 5;
// Moves to a neighbouring sample while the maximum lies nearer to that one, at most.
constexpr int kMoves = 4;
constexpr float kMoveAt = 0.6f;
constexpr float kFlat = 1e-20f;
constexpr std::uint32_t kGridSide = 8;
constexpr std::uint32_t kDifferences = kLevels - 1;

// Where a keypoint is looked for: a sample of the difference of Gaussians.
struct Spot {
  int level, y, x;
};

struct Differences {
  const Octave& octave;

  float at(const Spot& spot, int level, int y, int x) const noexcept {
    const auto low = static_cast<std::uint32_t>(spot.level + level);
    const std::size_t i = static_cast<std::size_t>(spot.y + y) * octave.width + static_cast<std::size_t>(spot.x + x);
    return octave.level(low + 1)[i] - octave.level(low)[i];
  }
};

// The parabola through a sample and its 26 neighbours: where its top lies, relative to the sample, and how high.
struct Top {
  bool found;
  float x, y, level, value;
  bool edge;
};

Top top_at(const Differences& d, const Spot& s) noexcept {
  const float centre = d.at(s, 0, 0, 0);
  const float dx = (d.at(s, 0, 0, 1) - d.at(s, 0, 0, -1)) * 0.5f, dy = (d.at(s, 0, 1, 0) - d.at(s, 0, -1, 0)) * 0.5f;
  const float ds = (d.at(s, 1, 0, 0) - d.at(s, -1, 0, 0)) * 0.5f;
  const float xx = d.at(s, 0, 0, 1) + d.at(s, 0, 0, -1) - 2 * centre;
  const float yy = d.at(s, 0, 1, 0) + d.at(s, 0, -1, 0) - 2 * centre;
  const float ss = d.at(s, 1, 0, 0) + d.at(s, -1, 0, 0) - 2 * centre;
  const float xy = (d.at(s, 0, 1, 1) - d.at(s, 0, 1, -1) - d.at(s, 0, -1, 1) + d.at(s, 0, -1, -1)) * 0.25f;
  const float xs = (d.at(s, 1, 0, 1) - d.at(s, 1, 0, -1) - d.at(s, -1, 0, 1) + d.at(s, -1, 0, -1)) * 0.25f;
  const float ys = (d.at(s, 1, 1, 0) - d.at(s, 1, -1, 0) - d.at(s, -1, 1, 0) + d.at(s, -1, -1, 0)) * 0.25f;
  const float a = yy * ss - ys * ys, b = xy * ss - ys * xs, c = xy * ys - yy * xs;
  const float determinant = xx * a - xy * b + xs * c;
  Top top{};
  if (std::fabs(determinant) < kFlat) return top;
  // Cramer's rule for: Hessian times offset = -gradient.
  top.x = -(dx * a - xy * (dy * ss - ys * ds) + xs * (dy * ys - yy * ds)) / determinant;
  top.y = -(xx * (dy * ss - ds * ys) - dx * b + xs * (xy * ds - dy * xs)) / determinant;
  top.level = -(xx * (yy * ds - dy * ys) - xy * (xy * ds - dy * xs) + dx * c) / determinant;
  top.value = centre + 0.5f * (dx * top.x + dy * top.y + ds * top.level);
  const float trace = xx + yy, det2 = xx * yy - xy * xy;
  top.edge = !(det2 > 0 && trace * trace * kEdgeRatio < (kEdgeRatio + 1) * (kEdgeRatio + 1) * det2);
  top.found = true;
  return top;
}

int move_of(float offset) noexcept { return offset > kMoveAt ? 1 : offset < -kMoveAt ? -1 : 0; }

bool refined(const Octave& octave, std::uint32_t octave_number, Spot spot, Keypoint& keypoint) noexcept {
  const Differences differences{octave};
  for (int tries = 0; tries < kMoves; ++tries) {
    const Top top = top_at(differences, spot);
    if (!top.found) return false;
    const int x = move_of(top.x), y = move_of(top.y), level = move_of(top.level);
    if (x == 0 && y == 0 && level == 0) {
      if (top.edge || std::fabs(top.value) < kLeastStrength) return false;
      const float at = static_cast<float>(spot.level) + top.level;
      const double sigma = kFirstSigma * arithmetic::exp2_of(at / kIntervals);
      keypoint = {static_cast<float>(spot.x) + top.x,
                  static_cast<float>(spot.y) + top.y,
                  static_cast<float>(sigma),
                  std::fabs(top.value),
                  octave_number,
                  static_cast<std::uint32_t>(std::clamp(std::floor(at + 0.5f), 0.0f, float(kLevels - 1)))};
      return true;
    }
    spot.x += x, spot.y += y, spot.level += level;
    if (spot.level < 1 || spot.level > int(kIntervals) || spot.x < int(kRim) || spot.y < int(kRim) ||
        spot.x >= int(octave.width - kRim) || spot.y >= int(octave.height - kRim))
      return false;
  }
  return false;
}

// Three rows of every difference, going down the octave.
class Rows {
 public:
  explicit Rows(const Octave& octave) : octave_(octave), rows_(std::size_t{3} * kDifferences * octave.width) {}

  void make(std::uint32_t y) noexcept {
    for (std::uint32_t d = 0; d < kDifferences; ++d) {
      const float* low = octave_.row(d, y);
      const float* high = octave_.row(d + 1, y);
      float* out = at(d, y);
      for (std::uint32_t x = 0; x < octave_.width; ++x) out[x] = high[x] - low[x];
    }
  }
  float* at(std::uint32_t difference, std::uint32_t y) noexcept {
    return rows_.data() + std::size_t{difference * 3 + y % 3} * octave_.width;
  }

 private:
  const Octave& octave_;
  std::vector<float> rows_;
};

void find_in(const Octave& octave, std::uint32_t number, const kernels::PatchKernel& kernel,
             std::vector<Keypoint>& keypoints) {
  Rows rows(octave);
  std::vector<std::uint32_t> found(octave.width);
  std::vector<Keypoint> of_level[kIntervals];
  rows.make(kRim - 1), rows.make(kRim);
  for (std::uint32_t y = kRim; y + kRim < octave.height; ++y) {
    rows.make(y + 1);
    for (std::uint32_t level = 1; level <= kIntervals; ++level) {
      const float* around[9];
      for (std::uint32_t i = 0; i < 9; ++i) around[i] = rows.at(level - 1 + i / 3, y - 1 + i % 3);
      const std::uint32_t count =
          kernel.extrema(around, kRim, octave.width - kRim, 0.5f * kLeastStrength, found.data());
      for (std::uint32_t i = 0; i < count; ++i) {
        Keypoint keypoint;
        if (refined(octave, number, {int(level), int(y), int(found[i])}, keypoint))
          of_level[level - 1].push_back(keypoint);
      }
    }
  }
  for (const auto& part : of_level) keypoints.insert(keypoints.end(), part.begin(), part.end());
}

// The order of strength, spread: the strongest of each cell, then the second of each, and so on.
std::vector<std::uint32_t> balanced(const std::vector<Octave>& octaves, const std::vector<Keypoint>& strongest) {
  std::vector<std::uint32_t> seen(kGridSide * kGridSide);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rounds(strongest.size());  // round, keypoint
  for (std::uint32_t i = 0; i < strongest.size(); ++i) {
    const Keypoint& keypoint = strongest[i];
    const Octave& octave = octaves[keypoint.octave];
    const auto cell = [](float at, std::uint32_t side) {
      return std::min(kGridSide - 1, static_cast<std::uint32_t>(at * float(kGridSide) / float(side)));
    };
    const std::uint32_t number = cell(keypoint.y, octave.height) * kGridSide + cell(keypoint.x, octave.width);
    rounds[i] = {seen[number]++, i};
  }
  std::sort(rounds.begin(), rounds.end());
  std::vector<std::uint32_t> order(rounds.size());
  for (std::size_t i = 0; i < rounds.size(); ++i) order[i] = rounds[i].second;
  return order;
}

}  // namespace

std::vector<Keypoint> keypoints_of(const std::vector<Octave>& octaves, const kernels::PatchKernel& kernel) {
  std::vector<Keypoint> keypoints;
  for (std::uint32_t i = 0; i < octaves.size(); ++i) find_in(octaves[i], i, kernel, keypoints);
  return keypoints;
}

std::vector<Keypoint> chosen(const std::vector<Octave>& octaves, std::vector<Keypoint> keypoints, std::uint32_t count) {
  std::stable_sort(keypoints.begin(), keypoints.end(),
                   [](const Keypoint& a, const Keypoint& b) { return a.strength > b.strength; });
  const std::vector<std::uint32_t> spread = balanced(octaves, keypoints);
  const std::size_t wanted = std::min<std::size_t>(count, keypoints.size());
  std::vector<Keypoint> choice;
  choice.reserve(wanted);
  std::vector<bool> taken(keypoints.size());
  std::size_t by_strength = 0, by_place = 0;
  const auto take = [&](std::uint32_t i) {
    taken[i] = true;
    choice.push_back(keypoints[i]);
  };
  while (choice.size() < wanted) {
    while (taken[by_strength]) ++by_strength;
    take(static_cast<std::uint32_t>(by_strength));
    while (by_place < spread.size() && taken[spread[by_place]]) ++by_place;
    if (choice.size() < wanted && by_place < spread.size()) take(spread[by_place]);
  }
  return choice;
}

}  // namespace egide
