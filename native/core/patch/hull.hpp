// The region that places span.
#pragma once

#include <vector>

#include "core/patch/transform.hpp"

namespace egide {

/// The convex hull, counter-clockwise where y grows upwards (clockwise on a screen's y), without points on its edges:
/// Andrew 1979. Fewer than three points come back sorted.
std::vector<Point> convex_hull(std::vector<Point> points);

/// Area of a polygon without crossings, whatever its direction.
double area_of(const std::vector<Point>& polygon) noexcept;

}  // namespace egide
