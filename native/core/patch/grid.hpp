// The dense grid: for each cell of a picture, whether it grows brighter or darker towards its right and lower
// neighbour. It tells a copy from another picture of the same thing, whose features agree as well.
#pragma once

#include "core/patch/feature.hpp"

namespace egide {

/// Cells along the long side (measured on attacked copies and on look-alikes: docs/patches.md).
inline constexpr std::uint32_t kGridSide = 32;

struct GridShape {
  std::uint32_t columns = 0, rows = 0;

  friend bool operator==(const GridShape&, const GridShape&) = default;
};

/// The grid of a picture of that many pixels: `kGridSide` cells along the long side, the short one in proportion,
/// rounded to the nearest, at least 1. None (0 x 0) of a picture without pixels.
GridShape grid_shape(std::uint32_t width, std::uint32_t height) noexcept;

/// Bytes of a grid: two cells a byte.
constexpr std::uint64_t grid_bytes(GridShape shape) noexcept {
  return (std::uint64_t{shape.columns} * shape.rows + 1) / 2;
}

/// From a cell to its neighbour.
enum class GridStep : std::uint8_t { none = 0, up = 1, down = 2 };

/// A difference of two cells' mean luma (0 to 1) as a step; less than two levels of 255 are none.
constexpr GridStep grid_step(double difference) noexcept {
  constexpr double kLeast = 2.0 / 255;
  if (difference >= kLeast) return GridStep::up;
  return difference <= -kLeast ? GridStep::down : GridStep::none;
}

/// A cell of packed bytes: low nibble first; the low two bits are the step right, the high two the step down.
struct GridCell {
  GridStep right, down;
};
constexpr GridCell grid_cell(const std::uint8_t* grid, std::uint32_t cell) noexcept {
  const unsigned nibble = static_cast<unsigned>(grid[cell / 2]) >> 4 * (cell % 2);
  return {static_cast<GridStep>(nibble & 3), static_cast<GridStep>(nibble >> 2 & 3)};
}

/// Whether bytes could be a packed grid: no step beside the three, none out of the picture, nothing behind the last
/// cell.
bool valid_grid(const std::uint8_t* grid, GridShape shape) noexcept;

/// Writes the grid of the working picture, `grid_bytes(shape)`; cells share pixels in proportion to their areas.
void write_grid(const Patches& patches, GridShape shape, std::uint8_t* grid);

}  // namespace egide
