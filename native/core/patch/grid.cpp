#include "core/patch/grid.hpp"

#include <algorithm>

namespace egide {
namespace {

// Adds `weight` times each cell's share of `count` values to it. In units of 1 / `cells` of a value, value i covers
// i * cells and what follows up to the next, cell c covers c * count and what follows up to the next.
void add_to_cells(const float* values, std::uint32_t count, std::uint32_t cells, double weight, double* sums) noexcept {
  for (std::uint32_t cell = 0; cell < cells; ++cell) {
    const std::uint64_t begin = std::uint64_t{cell} * count, end = begin + count;
    double sum = 0;
    for (std::uint64_t i = begin / cells; i * cells < end; ++i)
      sum += static_cast<double>(values[i]) *
             static_cast<double>(std::min(end, (i + 1) * cells) - std::max(begin, i * cells));
    sums[cell] += weight * sum;
  }
}

// Mean luma of each cell.
std::vector<double> cell_means(const Patches& patches, GridShape shape) {
  std::vector<double> means(std::size_t{shape.columns} * shape.rows);
  for (std::uint32_t row = 0; row < shape.rows; ++row) {
    const std::uint64_t begin = std::uint64_t{row} * patches.height, end = begin + patches.height;
    for (std::uint64_t y = begin / shape.rows; y * shape.rows < end; ++y) {
      const std::uint64_t share = std::min(end, (y + 1) * shape.rows) - std::max(begin, y * shape.rows);
      add_to_cells(patches.luma.data() + y * patches.width, patches.width, shape.columns, static_cast<double>(share),
                   means.data() + std::size_t{row} * shape.columns);
    }
  }
  const double area = static_cast<double>(patches.width) * patches.height;
  for (double& mean : means) mean /= area;
  return means;
}

}  // namespace

GridShape grid_shape(std::uint32_t width, std::uint32_t height) noexcept {
  if (width == 0 || height == 0) return {};
  const std::uint64_t longest = std::max(width, height);
  const auto cells = [&](std::uint64_t side) {
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (2 * kGridSide * side + longest) / (2 * longest)));
  };
  return {cells(width), cells(height)};
}

bool valid_grid(const std::uint8_t* grid, GridShape shape) noexcept {
  const std::uint32_t cells = shape.columns * shape.rows;
  if (cells % 2 == 1 && grid[cells / 2] >> 4 != 0) return false;
  for (std::uint32_t cell = 0; cell < cells; ++cell) {
    const GridCell steps = grid_cell(grid, cell);
    if (steps.right > GridStep::down || steps.down > GridStep::down) return false;
    if (cell % shape.columns + 1 == shape.columns && steps.right != GridStep::none) return false;
    if (cell / shape.columns + 1 == shape.rows && steps.down != GridStep::none) return false;
  }
  return true;
}

void write_grid(const Patches& patches, GridShape shape, std::uint8_t* grid) {
  const std::vector<double> means = cell_means(patches, shape);
  std::fill_n(grid, grid_bytes(shape), std::uint8_t{0});
  for (std::uint32_t row = 0; row < shape.rows; ++row)
    for (std::uint32_t column = 0; column < shape.columns; ++column) {
      const std::uint32_t cell = row * shape.columns + column;
      const auto step_to = [&](std::uint32_t other) {
        return static_cast<unsigned>(grid_step(means[other] - means[cell]));
      };
      const unsigned right = column + 1 < shape.columns ? step_to(cell + 1) : 0;
      const unsigned down = row + 1 < shape.rows ? step_to(cell + shape.columns) : 0;
      grid[cell / 2] = static_cast<std::uint8_t>(grid[cell / 2] | (right | down << 2) << 4 * (cell % 2));
    }
}

}  // namespace egide
