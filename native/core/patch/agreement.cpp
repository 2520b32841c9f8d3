#include "core/patch/agreement.hpp"

#include <algorithm>
#include <cmath>

namespace egide {
namespace agreeing {
namespace {

// Measured on edited copies and on other pictures of like things: docs/patches.md.
constexpr std::uint32_t kReach = 2;               // of a window around its cell: 5 x 5
constexpr std::uint32_t kFewestComparisons = 12;  // of the 50 that a window may have
constexpr double kSameShare = 0.8, kVisibleShare = 0.97;
// Samples that a cell takes of the query on this side: two to four pixels apart where the whole of it is seen.
constexpr std::uint32_t kSamples = 8;

// The luma that the picture asked about has at places of the reference's frame.
class Warp {
 public:
  Warp(const Patches& patches, Variant variant, const Matrix& back) noexcept
      : luma_(patches.luma.data()),
        width_(patches.width),
        height_(patches.height),
        back_(back),
        mirrored_(variant == Variant::mirrored || variant == Variant::mirrored_negative) {}

  /// Between the four nearest pixels; false outside the picture.
  bool sample(Point at, double& luma) const noexcept {
    Point p;
    if (!project(back_, at, p) || !(p.x >= 0 && p.x <= width_ && p.y >= 0 && p.y <= height_)) return false;
    if (mirrored_) p.x = width_ - p.x;
    const double x = std::clamp(p.x - 0.5, 0.0, width_ - 1.0), y = std::clamp(p.y - 0.5, 0.0, height_ - 1.0);
    const auto left = static_cast<std::size_t>(x), top = static_cast<std::size_t>(y);
    const std::size_t right = left + 1 < width_ ? 1 : 0, below = top + 1 < height_ ? width_ : 0;
    const float* corner = luma_ + top * width_ + left;
    const double fx = x - static_cast<double>(left), fy = y - static_cast<double>(top);
    const double upper = corner[0] + fx * (double{corner[right]} - corner[0]);
    const double lower = corner[below] + fx * (double{corner[below + right]} - corner[below]);
    luma = upper + fy * (lower - upper);
    return true;
  }

 private:
  const float* luma_;
  std::uint32_t width_, height_;
  Matrix back_;
  bool mirrored_;
};

struct Cell {
  bool visible = false;
  double luma = 0;
};

std::vector<Cell> warped_cells(const FramedGrid& reference, const Warp& warp) {
  const double width = double{reference.width} / (reference.shape.columns * kSamples);
  const double height = double{reference.height} / (reference.shape.rows * kSamples);
  std::vector<Cell> cells;
  cells.reserve(std::size_t{reference.shape.columns} * reference.shape.rows);
  for (std::uint32_t row = 0; row < reference.shape.rows; ++row)
    for (std::uint32_t column = 0; column < reference.shape.columns; ++column) {
      double sum = 0;
      std::uint32_t inside = 0;
      for (std::uint32_t y = kSamples * row; y < kSamples * (row + 1); ++y)
        for (std::uint32_t x = kSamples * column; x < kSamples * (column + 1); ++x)
          if (double luma = 0; warp.sample({(x + 0.5) * width, (y + 0.5) * height}, luma)) sum += luma, ++inside;
      cells.push_back({inside >= kVisibleShare * kSamples * kSamples, inside > 0 ? sum / inside : 0});
    }
  return cells;
}

// Comparisons, and those of them that come out as in the reference.
struct Count {
  std::uint32_t same = 0, all = 0;

  // A negative steps down where the picture steps up. No step at all, as under a patch of one colour, agrees with none.
  void compare(GridStep step, const Cell& from, const Cell& to, bool negative) noexcept {
    if (step == GridStep::none || !from.visible || !to.visible) return;
    ++all;
    const bool up = (step == GridStep::up) != negative;
    if (up ? to.luma > from.luma : to.luma < from.luma) ++same;
  }
};

std::vector<Count> compared(const FramedGrid& reference, const std::vector<Cell>& cells, bool negative) {
  const std::uint32_t columns = reference.shape.columns;
  std::vector<Count> counts(cells.size());
  for (std::uint32_t cell = 0; cell < cells.size(); ++cell) {
    const GridCell steps = grid_cell(reference.grid, cell);
    if ((cell + 1) % columns != 0) counts[cell].compare(steps.right, cells[cell], cells[cell + 1], negative);
    if (cell + columns < cells.size()) counts[cell].compare(steps.down, cells[cell], cells[cell + columns], negative);
  }
  return counts;
}

Count window_around(const std::vector<Count>& counts, GridShape shape, std::uint32_t cell) noexcept {
  const std::uint32_t column = cell % shape.columns, row = cell / shape.columns;
  Count sum;
  for (std::uint32_t y = row < kReach ? 0 : row - kReach; y < std::min(shape.rows, row + kReach + 1); ++y)
    for (std::uint32_t x = column < kReach ? 0 : column - kReach; x < std::min(shape.columns, column + kReach + 1);
         ++x) {
      const Count& count = counts[y * shape.columns + x];
      sum.same += count.same, sum.all += count.all;
    }
  return sum;
}

}  // namespace
}  // namespace agreeing

Agreement agreement_of(const FramedGrid& reference, const Patches& patches, Variant variant, const Matrix& matrix) {
  using namespace agreeing;
  Agreement agreement;
  Matrix back;
  const std::uint64_t pixels = std::uint64_t{patches.width} * patches.height;
  if (pixels == 0 || patches.luma.size() != pixels || !inverse(matrix, back)) return agreement;
  const std::vector<Cell> cells = warped_cells(reference, Warp(patches, variant, back));
  const bool negative = variant == Variant::negative || variant == Variant::mirrored_negative;
  const std::vector<Count> counts = compared(reference, cells, negative);

  agreement.cells.assign(cells.size(), CellState::not_visible);
  std::uint32_t visible = 0, windows = 0, same = 0;
  for (std::uint32_t cell = 0; cell < cells.size(); ++cell) {
    visible += cells[cell].visible ? 1 : 0;
    const Count window = window_around(counts, reference.shape, cell);
    if (window.all < kFewestComparisons) continue;
    const bool alike = window.same >= kSameShare * window.all;
    ++windows, same += alike ? 1 : 0;
    if (cells[cell].visible) agreement.cells[cell] = alike ? CellState::same : CellState::different;
  }
  if (!cells.empty()) agreement.visible = static_cast<double>(visible) / static_cast<double>(cells.size());
  if (windows > 0) agreement.share = static_cast<double>(same) / windows;
  return agreement;
}

}  // namespace egide
