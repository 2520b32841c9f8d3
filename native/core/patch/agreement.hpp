// Does the rest of the picture agree? Compares a reference's dense grid with the picture asked about, under the
// geometry that their features agree in.
#pragma once

#include "core/patch/grid.hpp"
#include "core/patch/transform.hpp"

namespace egide {

/// What became of a cell of the reference's dense grid.
enum class CellState : std::uint8_t { not_visible = 0, different = 1, same = 2 };

/// A reference's grid, over its frame of `width` x `height` pixels.
struct FramedGrid {
  GridShape shape;
  const std::uint8_t* grid;
  float width, height;
};

struct Agreement {
  /// Share of the windows of 5 x 5 cells with enough to compare that look the same, 0 to 1; -1 if there is none such.
  double share = -1;
  /// Share of the cells that the query shows, 0 to 1.
  double visible = 0;
  /// Row-major. A cell is what the window around it is; `not_visible` also where there is nothing to compare.
  std::vector<CellState> cells;
};

/// `matrix` takes working pixels of that variant of the picture to the reference's frame; `patches` are those of the
/// picture itself. Without its luma nothing is compared.
Agreement agreement_of(const FramedGrid& reference, const Patches& patches, Variant variant, const Matrix& matrix);

}  // namespace egide
