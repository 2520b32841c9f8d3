#include "core/patch/fit.hpp"

#include <algorithm>
#include <cmath>

namespace egide {
namespace fitting {
namespace {

// Corrections are solved for in units of half a reference's long side, so that all unknowns are of one size.
constexpr double kUnit = 320;
// Standard deviations that corrections have beforehand. A picture stretched by 1.8 is 0.29 from a similarity; a flat
// picture photographed from 45 degrees aside grows by a quarter to each edge.
constexpr double kUsualShear = 0.3, kUsualPerspective = 0.25;
// How much longer one direction may become than the other, and how much one pair may be enlarged against the centre.
constexpr double kMaxStretch = 3, kMaxDepth = 4;
// Enlargements beyond these are no copies: a working picture of 1,024 pixels holds one of at least 16.
constexpr double kMinScale = 1.0 / 64, kMaxScale = 64;

constexpr std::size_t kUnknowns = 8;

// Normal equations of a weighted least-squares problem, in the upper triangle.
struct Equations {
  double a[kUnknowns][kUnknowns] = {};
  double b[kUnknowns] = {};

  // Elimination without pivoting: the matrix is positive definite. `b` becomes the solution of the first `count`.
  bool solve(std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      if (!(a[i][i] > 1e-12)) return false;
      for (std::size_t j = i + 1; j < count; ++j) {
        const double factor = a[i][j] / a[i][i];
        for (std::size_t k = j; k < count; ++k) a[j][k] -= factor * a[i][k];
        b[j] -= factor * b[i];
      }
    }
    for (std::size_t i = count; i-- > 0;) {
      for (std::size_t k = i + 1; k < count; ++k) b[i] -= a[i][k] * b[k];
      b[i] /= a[i][i];
    }
    return true;
  }
};

// The closed form in the plane (Umeyama 1991, without reflection). `centre` becomes the references' mean.
bool similarity(std::span<const PointPair> pairs, Matrix& matrix, Point& centre) noexcept {
  double sum = 0;
  Point from, to;
  for (const PointPair& pair : pairs) {
    sum += pair.weight;
    from.x += pair.weight * pair.query.x, from.y += pair.weight * pair.query.y;
    to.x += pair.weight * pair.reference.x, to.y += pair.weight * pair.reference.y;
  }
  if (!(sum > 0)) return false;
  from = {from.x / sum, from.y / sum}, to = {to.x / sum, to.y / sum};
  double spread = 0, along = 0, across = 0;
  for (const PointPair& pair : pairs) {
    const double dx = pair.query.x - from.x, dy = pair.query.y - from.y;
    const double ex = pair.reference.x - to.x, ey = pair.reference.y - to.y;
    spread += pair.weight * (dx * dx + dy * dy);
    along += pair.weight * (dx * ex + dy * ey);
    across += pair.weight * (dx * ey - dy * ex);
  }
  const double a = along / spread, b = across / spread, scale = std::sqrt(a * a + b * b);
  if (!(spread > 1e-3 * sum) || !(scale >= kMinScale && scale <= kMaxScale)) return false;
  matrix = {a, -b, to.x - a * from.x + b * from.y, b, a, to.y - b * from.x - a * from.y, 0, 0, 1};
  centre = to;
  return true;
}

// A pair after the similarity, in kUnit around the centre.
struct Centred {
  Point from, to;
};
Centred centred(const PointPair& pair, const Matrix& base, Point centre) noexcept {
  Point p;
  project(base, pair.query, p);
  return {{(p.x - centre.x) / kUnit, (p.y - centre.y) / kUnit},
          {(pair.reference.x - centre.x) / kUnit, (pair.reference.y - centre.y) / kUnit}};
}

// What must still be done after the similarity: (I + shear) p + shift, divided by 1 + perspective . p. Each pair gives
// two equations that are multiplied by the depth,
//   shear p + shift - t (perspective . p) = t - p,
// and their weight takes that back with the depth found before.
bool correction(bool projective, std::span<const PointPair> pairs, const Matrix& base, Point centre,
                double (&solution)[kUnknowns]) noexcept {
  Equations equations;
  auto& [a, b] = equations;
  for (const PointPair& pair : pairs) {
    const auto [p, t] = centred(pair, base, centre);
    const double depth = std::max(1 + solution[6] * p.x + solution[7] * p.y, 1 / kMaxDepth);
    const double weight = pair.weight * kUnit * kUnit / (depth * depth);
    const double wx = weight * p.x, wy = weight * p.y, ex = t.x - p.x, ey = t.y - p.y;
    a[0][0] += wx * p.x, a[0][1] += wx * p.y, a[0][2] += wx, a[1][1] += wy * p.y, a[1][2] += wy, a[2][2] += weight;
    b[0] += wx * ex, b[1] += wy * ex, b[2] += weight * ex;
    b[3] += wx * ey, b[4] += wy * ey, b[5] += weight * ey;
    if (!projective) continue;
    const double square = t.x * t.x + t.y * t.y, along = t.x * ex + t.y * ey;
    a[0][6] -= wx * p.x * t.x, a[0][7] -= wx * p.y * t.x, a[1][7] -= wy * p.y * t.x;
    a[2][6] -= wx * t.x, a[2][7] -= wy * t.x;
    a[3][6] -= wx * p.x * t.y, a[3][7] -= wx * p.y * t.y, a[4][7] -= wy * p.y * t.y;
    a[5][6] -= wx * t.y, a[5][7] -= wy * t.y;
    a[6][6] += wx * p.x * square, a[6][7] += wx * p.y * square, a[7][7] += wy * p.y * square;
    b[6] -= wx * along, b[7] -= wy * along;
  }
  a[1][6] = a[0][7], a[4][6] = a[3][7];
  // Both coordinates have the same left side.
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = i; j < 3; ++j) a[3 + i][3 + j] = a[i][j];
  for (const std::size_t shear : {0, 1, 3, 4}) a[shear][shear] += 1 / (kUsualShear * kUsualShear);
  for (const std::size_t tilt : {6, 7}) a[tilt][tilt] += 1 / (kUsualPerspective * kUsualPerspective);
  const std::size_t count = projective ? 8 : 6;
  if (!equations.solve(count)) return false;
  std::copy_n(b, count, solution);
  return true;
}

bool plausible(std::span<const PointPair> pairs, const Matrix& base, Point centre,
               const double (&solution)[kUnknowns]) noexcept {
  const double a = 1 + solution[0], b = solution[1], c = solution[3], d = 1 + solution[4];
  // The singular values s and t of the linear part: s t is its determinant, s^2 + t^2 the sum of its squares.
  const double determinant = a * d - b * c, squares = a * a + b * b + c * c + d * d;
  if (!(determinant > 0) || !(squares <= (kMaxStretch + 1 / kMaxStretch) * determinant)) return false;
  return std::ranges::all_of(pairs, [&](const PointPair& pair) {
    const Point p = centred(pair, base, centre).from;
    const double depth = 1 + solution[6] * p.x + solution[7] * p.y;
    return depth >= 1 / kMaxDepth && depth <= kMaxDepth;
  });
}

}  // namespace
}  // namespace fitting

bool fit(Model model, std::span<const PointPair> pairs, Matrix& matrix) noexcept {
  using namespace fitting;
  Matrix base{};
  Point centre;
  if (model == Model::none || !similarity(pairs, base, centre)) return false;
  if (model == Model::similarity) {
    matrix = base;
    return true;
  }
  double s[kUnknowns] = {};
  const bool projective = model == Model::homography;
  // Twice for a homography: its depths are not known the first time.
  for (int round = 0; round < (projective ? 2 : 1); ++round)
    if (!correction(projective, pairs, base, centre, s)) return false;
  if (!plausible(pairs, base, centre, s)) return false;
  const Matrix to_unit = {1 / kUnit, 0, -centre.x / kUnit, 0, 1 / kUnit, -centre.y / kUnit, 0, 0, 1};
  const Matrix correct = {1 + s[0], s[1], s[2], s[3], 1 + s[4], s[5], s[6], s[7], 1};
  const Matrix from_unit = {kUnit, 0, centre.x, 0, kUnit, centre.y, 0, 0, 1};
  matrix = product(from_unit, product(correct, product(to_unit, base)));
  return true;
}

}  // namespace egide
