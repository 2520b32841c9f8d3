#include "core/patch/hull.hpp"

#include <algorithm>

namespace egide {

std::vector<Point> convex_hull(std::vector<Point> points) {
  const auto before = [](const Point& a, const Point& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; };
  std::ranges::sort(points, before);
  if (points.size() < 3) return points;
  std::vector<Point> hull;
  // The lower chain from left to right, then the upper one back.
  const auto append = [&hull](const Point& point, std::size_t begin) {
    while (hull.size() >= begin + 2) {
      const Point &a = hull[hull.size() - 2], &b = hull.back();
      if ((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) > 0) break;
      hull.pop_back();
    }
    hull.push_back(point);
  };
  for (const Point& point : points) append(point, 0);
  const std::size_t right = hull.size() - 1;
  for (std::size_t i = points.size() - 1; i-- > 0;) append(points[i], right);
  hull.pop_back();
  return hull;
}

double area_of(const std::vector<Point>& polygon) noexcept {
  double twice = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point &a = polygon[i], &b = polygon[i + 1 < polygon.size() ? i + 1 : 0];
    twice += a.x * b.y - b.x * a.y;
  }
  return std::fabs(twice) / 2;
}

}  // namespace egide
