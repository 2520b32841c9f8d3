// The definition of every step, as plainly as it can be written.
#include <algorithm>
#include <cmath>

#include "core/kernels/cpu.hpp"
#include "core/kernels/patch_constants.hpp"

namespace egide::kernels {
namespace patch_scalar_steps {
namespace {

void add_row(const float* from, float weight, float* to, std::uint32_t count) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) to[i] += weight * from[i];
}

void luma_row(const std::uint8_t* pixels, std::uint32_t channels, float* luma, std::uint32_t count) noexcept {
  for (std::uint32_t i = 0; i < count; ++i, pixels += channels) {
    int value = channels < 3 ? 256 * pixels[0] : 77 * pixels[0] + 150 * pixels[1] + 29 * pixels[2];
    if (channels % 2 == 0) {
      const int alpha = pixels[channels - 1];
      value = (value * alpha + kMidGrey * (255 - alpha) + 127) / 255;
    }
    luma[i] = static_cast<float>(value);
  }
}

void blur(const float* from, float* to, std::uint32_t width, std::uint32_t height, const float* taps,
          std::uint32_t radius, float* row) noexcept {
  const std::size_t stride = width;
  for (std::uint32_t y = 0; y < height; ++y) {
    float* line = row + radius;
    for (std::uint32_t x = 0; x < width; ++x) {
      float sum = taps[0] * from[y * stride + x];
      for (std::uint32_t i = 1; i <= radius; ++i) {
        const std::uint32_t up = y < i ? 0 : y - i, down = std::min(height - 1, y + i);
        sum += taps[i] * (from[up * stride + x] + from[down * stride + x]);
      }
      line[x] = sum;
    }
    std::fill_n(row, radius, line[0]);
    std::fill_n(line + width, radius, line[width - 1]);
    for (std::uint32_t x = 0; x < width; ++x) {
      float sum = taps[0] * line[x];
      for (std::uint32_t i = 1; i <= radius; ++i) sum += taps[i] * (row[x + radius - i] + line[x + i]);
      to[y * stride + x] = sum;
    }
  }
}

void weigh_row(const float* from, const std::uint32_t* first, const float* weights, std::uint32_t taps, float scale,
               float* to, std::uint32_t count) noexcept {
  for (std::uint32_t x = 0; x < count; ++x) {
    float sum = 0;
    for (std::uint32_t i = 0; i < taps; ++i) sum += weights[std::size_t{i} * count + x] * from[first[x] + i];
    to[x] = sum * scale;
  }
}

bool is_extremum(const float* const* rows, std::uint32_t x, float value) noexcept {
  bool largest = true, smallest = true;
  for (std::uint32_t row = 0; row < 9; ++row)
    for (std::uint32_t at = x - 1; at <= x + 1; ++at) {
      if (row == 4 && at == x) continue;
      largest = largest && value > rows[row][at];
      smallest = smallest && value < rows[row][at];
    }
  return value > 0 ? largest : smallest;
}

std::uint32_t extrema(const float* const* rows, std::uint32_t first, std::uint32_t last, float threshold,
                      std::uint32_t* found) noexcept {
  std::uint32_t count = 0;
  for (std::uint32_t x = first; x < last; ++x) {
    const float value = rows[4][x];
    if (std::fabs(value) >= threshold && is_extremum(rows, x, value)) found[count++] = x;
  }
  return count;
}

float direction_of(float x, float y) noexcept {
  const float ax = std::fabs(x), ay = std::fabs(y), large = std::max(ax, ay), small = std::min(ax, ay);
  const float t = small / std::max(large, kTiny), t2 = t * t;
  float sum = kAtan[0];
  for (int i = 1; i < 8; ++i) sum = sum * t2 + kAtan[i];
  float angle = t + t * (t2 * sum);
  if (ay > ax) angle = kQuarterTurn - angle;
  if (x < 0) angle = kHalfTurn - angle;
  if (y < 0) angle = kWholeTurn - angle;
  return angle * kBinsPerRadian;
}

void gradients(const float* above, const float* at, const float* below, std::uint32_t count, float* x,
               float* y) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) {
    x[i] = at[static_cast<std::ptrdiff_t>(i) + 1] - at[static_cast<std::ptrdiff_t>(i) - 1];
    y[i] = below[i] - above[i];
  }
}

void votes(const float* x, const float* y, const float* weights, std::uint32_t count, std::uint32_t* bin, float* here,
           float* next) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) {
    const float amount = std::sqrt(x[i] * x[i] + y[i] * y[i]) * weights[i];
    const float direction = std::min(direction_of(x[i], y[i]), static_cast<float>(kDirections));
    bin[i] = static_cast<std::uint32_t>(direction);
    const float part = direction - static_cast<float>(bin[i]);
    here[i] = amount * (1 - part), next[i] = amount * part;
  }
}

using Samples = float[kPatchSamples][kPatchSamples];

void sample(const float* level, std::uint32_t width, std::uint32_t height, const PatchFrame& frame,
            Samples& samples) noexcept {
  constexpr float kCentre = (kPatchSamples - 1) / 2.0f;
  const float right = static_cast<float>(width) - 1.001f, bottom = static_cast<float>(height) - 1.001f;
  for (std::uint32_t j = 0; j < kPatchSamples; ++j)
    for (std::uint32_t i = 0; i < kPatchSamples; ++i) {
      const float u = static_cast<float>(i) - kCentre, v = static_cast<float>(j) - kCentre;
      const float x = std::min(std::max(frame.x + (frame.step_x * u - frame.step_y * v), 0.0f), right);
      const float y = std::min(std::max(frame.y + (frame.step_y * u + frame.step_x * v), 0.0f), bottom);
      const int column = static_cast<int>(x), row = static_cast<int>(y);
      const float fx = x - static_cast<float>(column), fy = y - static_cast<float>(row);
      const float* top = level + std::size_t(row) * width + column;
      const float* low = top + width;
      const float above = top[0] + (top[1] - top[0]) * fx, below = low[0] + (low[1] - low[0]) * fx;
      samples[j][i] = above + (below - above) * fy;
    }
}

// Each gradient goes to the directions near its own, by the cube of the cosine between them: no angle is needed.
void lobes_of(float x, float y, float weight, float* lobes) noexcept {
  const float scale = weight / (x * x + y * y + kTiny);
  for (std::uint32_t k = 0; k < kPatchLobes; ++k) {
    const float along = std::max(0.0f, x * kLobeX[k] + y * kLobeY[k]);
    lobes[k] = along * along * (along * scale);
  }
}

using CellRow = float[kPatchCells][kPatchLobes];

void add_sample(CellRow& cells, std::uint32_t i, const float* lobes) noexcept {
  const int near = near_cell(i);
  const float far = far_weight(i);
  for (std::uint32_t k = 0; k < kPatchLobes; ++k) {
    if (near >= 0) cells[near][k] += (1 - far) * lobes[k];
    if (near + 1 < static_cast<int>(kPatchCells)) cells[near + 1][k] += far * lobes[k];
  }
}

void add_row_of_cells(CellRow& cells, const CellRow& row, float weight) noexcept {
  for (std::uint32_t c = 0; c < kPatchCells; ++c)
    for (std::uint32_t k = 0; k < kPatchLobes; ++k) cells[c][k] += weight * row[c][k];
}

// Eight sums, one for each direction, and then those in pairs: the order of an 8-lane register.
template <typename Term>
float sum_of(Term&& term) noexcept {
  float lanes[kPatchLobes] = {};
  for (std::uint32_t i = 0; i < kHistogramSize; ++i) lanes[i % kPatchLobes] += term(i);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

void to_bytes(float* values, std::uint8_t* histogram) noexcept {
  const float length = std::sqrt(sum_of([&](std::uint32_t i) { return values[i] * values[i]; }) + kTiny);
  const float clip = kClip * length;
  for (std::uint32_t i = 0; i < kHistogramSize; ++i) values[i] = std::min(values[i], clip);
  const float total = sum_of([&](std::uint32_t i) { return values[i]; }) + kTiny;
  for (std::uint32_t i = 0; i < kHistogramSize; ++i)
    histogram[i] = static_cast<std::uint8_t>(std::min(255.0f, kHistogramScale * std::sqrt(values[i] / total) + 0.5f));
}

void describe(const float* level, std::uint32_t width, std::uint32_t height, const PatchFrame& frame,
              std::uint8_t* histogram) noexcept {
  Samples samples;
  sample(level, width, height, frame, samples);
  CellRow cells[kPatchCells] = {};
  for (std::uint32_t j = 0; j < kPatchInner; ++j) {
    CellRow row = {};
    for (std::uint32_t i = 0; i < kPatchInner; ++i) {
      float lobes[kPatchLobes];
      lobes_of(samples[j + 1][i + 2] - samples[j + 1][i], samples[j + 2][i + 1] - samples[j][i + 1], kWindow[i], lobes);
      add_sample(row, i, lobes);
    }
    const int near = near_cell(j);
    const float far = far_weight(j);
    if (near >= 0) add_row_of_cells(cells[near], row, (1 - far) * kWindow[j]);
    if (near + 1 < static_cast<int>(kPatchCells)) add_row_of_cells(cells[near + 1], row, far * kWindow[j]);
  }
  to_bytes(&cells[0][0][0], histogram);
}

}  // namespace
}  // namespace patch_scalar_steps

const PatchKernel patch_scalar = {"scalar",
                                  cpu::always,
                                  patch_scalar_steps::add_row,
                                  patch_scalar_steps::luma_row,
                                  patch_scalar_steps::weigh_row,
                                  patch_scalar_steps::blur,
                                  patch_scalar_steps::extrema,
                                  patch_scalar_steps::gradients,
                                  patch_scalar_steps::votes,
                                  patch_scalar_steps::describe};

}  // namespace egide::kernels
