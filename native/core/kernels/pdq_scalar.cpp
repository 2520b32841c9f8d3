// PDQ by its definition, one step after the other over the whole picture: the answer that every other kernel must give.
// The order of the floating-point operations is that of Meta's reference (facebook/ThreatExchange pdq/cpp, BSD).
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/kernels/cpu.hpp"
#include "core/kernels/pdq_dct_table.hpp"
#include "core/kernels/pdq_kernels.hpp"

namespace egide::kernels {
namespace pdq_scalar_steps {
namespace {

struct State {
  PdqShape shape;
  std::size_t rows_done;
};

float* luma_of(std::byte* scratch) noexcept { return reinterpret_cast<float*>(scratch + 64); }

std::uint64_t scratch_bytes(const PdqShape& shape) noexcept {
  return 64 + 2 * sizeof(float) * std::uint64_t{shape.width} * shape.height;
}

void begin(const PdqShape& shape, std::byte* scratch) noexcept {
  const State state{shape, 0};
  std::memcpy(scratch, &state, sizeof state);
}

// Weights: ITU-R BT.601, as in Meta's reference.
float luma(const std::uint8_t* pixel, const PdqShape& shape) noexcept {
  if (shape.channels < 3 && shape.plain_grey) return pixel[0];
  const std::uint8_t green = shape.channels < 3 ? pixel[0] : pixel[1];
  const std::uint8_t blue = shape.channels < 3 ? pixel[0] : pixel[2];
  return 0.299f * pixel[0] + 0.587f * green + 0.114f * blue;
}

void rows(std::byte* scratch, const std::uint8_t* pixels, std::uint32_t count) noexcept {
  State state;
  std::memcpy(&state, scratch, sizeof state);
  float* out = luma_of(scratch) + state.rows_done * state.shape.width;
  const std::size_t total = static_cast<std::size_t>(count) * state.shape.width;
  for (std::size_t i = 0; i < total; ++i) out[i] = luma(pixels + i * state.shape.channels, state.shape);
  state.rows_done += count;
  std::memcpy(scratch, &state, sizeof state);
}

// The mean of `window` neighbours by a running sum; at both ends the window is cut off. One line of `length` values
// that are `stride` apart. The sum is never started afresh: its rounding is part of the definition.
void box_line(const float* in, float* out, std::size_t length, std::size_t stride, std::uint32_t window) noexcept {
  const std::size_t lag = (window + 2) / 2 - 1;  // the sum of values up to i belongs to i - lag
  float sum = 0;
  int in_window = 0;
  for (std::size_t i = 0; i < length + lag; ++i) {
    if (i < length) sum += in[i * stride], ++in_window;
    if (i >= window) sum -= in[(i - window) * stride], --in_window;
    if (i >= lag) out[(i - lag) * stride] = sum / static_cast<float>(in_window);
  }
}

void finish(std::byte* scratch, float* grids) noexcept {
  State state;
  std::memcpy(&state, scratch, sizeof state);
  const std::uint32_t width = state.shape.width, height = state.shape.height;
  float* a = luma_of(scratch);
  float* b = a + static_cast<std::size_t>(width) * height;
  const int passes = is_grid(state.shape) ? 0 : 2;  // two box filters make a tent
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t y = 0; y < height; ++y) box_line(a + y * width, b + y * width, width, 1, window_size(width));
    for (std::size_t x = 0; x < width; ++x) box_line(b + x, a + x, height, width, window_size(height));
  }
  for (std::uint32_t rows = 0; rows < kSamplings; ++rows)
    for (std::uint32_t columns = 0; columns < kSamplings; ++columns)
      for (std::uint32_t i = 0; i < kGrid; ++i)
        for (std::uint32_t j = 0; j < kGrid; ++j)
          *grids++ = a[std::size_t{sample_at(rows, i, height)} * width + sample_at(columns, j, width)];
}

void transform(const float* grid, float* coefficients) noexcept {
  float half[kCoefficients * kGrid];  // the columns transformed
  for (std::size_t i = 0; i < kCoefficients; ++i)
    for (std::size_t j = 0; j < kGrid; ++j) {
      float sum = 0;
      for (std::size_t k = 0; k < kGrid; ++k) sum += kDct[i * kGrid + k] * grid[k * kGrid + j];
      half[i * kGrid + j] = sum;
    }
  for (std::size_t i = 0; i < kCoefficients; ++i)
    for (std::size_t j = 0; j < kCoefficients; ++j) {
      float sum = 0;
      for (std::size_t k = 0; k < kGrid; ++k) sum += half[i * kGrid + k] * kDct[j * kGrid + k];
      coefficients[i * kCoefficients + j] = sum;
    }
}

std::uint32_t step(float a, float b) noexcept {
  return static_cast<std::uint32_t>(std::abs(static_cast<int>((a - b) * 100.0f / 255.0f)));
}

std::uint32_t gradient(const float* grid) noexcept {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < kGrid; ++i)
    for (std::size_t j = 0; j < kGrid; ++j) sum += step(grid[i * kGrid + j], grid[(i + 1) * kGrid + j]);
  for (std::size_t i = 0; i < kGrid; ++i)
    for (std::size_t j = 0; j + 1 < kGrid; ++j) sum += step(grid[i * kGrid + j], grid[i * kGrid + j + 1]);
  return sum;
}

float lower_median(const float* coefficients) noexcept {
  float sorted[256];
  std::memcpy(sorted, coefficients, sizeof sorted);
  std::nth_element(sorted, sorted + 127, sorted + 256);
  return sorted[127];
}

constexpr PdqKernel kKernel = {"scalar", cpu::always, scratch_bytes, begin,       rows,
                               finish,   transform,   gradient,      lower_median};

}  // namespace
}  // namespace pdq_scalar_steps

const PdqKernel pdq_scalar = pdq_scalar_steps::kKernel;

}  // namespace egide::kernels
