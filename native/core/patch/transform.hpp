// Points, and the plane transforms that carry them.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace egide {

struct Point {
  double x = 0, y = 0;
};

/// A plane projective transform, row-major; a point (x, y, 1) that it takes to a positive third part lies before it.
using Matrix = std::array<double, 9>;

enum class Model : std::uint8_t { none = 0, similarity = 1, affine = 2, homography = 3 };

/// Where the transform takes the point; false if nowhere.
inline bool project(const Matrix& m, Point from, Point& to) noexcept {
  const double z = m[6] * from.x + m[7] * from.y + m[8];
  if (!(z > 1e-9)) return false;
  to = {(m[0] * from.x + m[1] * from.y + m[2]) / z, (m[3] * from.x + m[4] * from.y + m[5]) / z};
  return true;
}

/// The transform that first `b` does and then `a`.
inline Matrix product(const Matrix& a, const Matrix& b) noexcept {
  Matrix m{};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column)
      m[3 * row + column] = a[3 * row] * b[column] + a[3 * row + 1] * b[3 + column] + a[3 * row + 2] * b[6 + column];
  return m;
}

/// The way back; false if there is none. What lay before the transform lies before its inverse.
inline bool inverse(const Matrix& m, Matrix& back) noexcept {
  const double a = m[4] * m[8] - m[5] * m[7], b = m[5] * m[6] - m[3] * m[8], c = m[3] * m[7] - m[4] * m[6];
  const double determinant = m[0] * a + m[1] * b + m[2] * c;
  if (!(std::fabs(determinant) > 1e-12) || !std::isfinite(determinant)) return false;
  back = {a, m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
          b, m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
          c, m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
  for (double& value : back) value /= determinant;
  return true;
}

}  // namespace egide
