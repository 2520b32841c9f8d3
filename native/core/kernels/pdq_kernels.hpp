// The steps of PDQ that have kernels. Every kernel gives the same bits; `pdq_scalar.cpp` defines them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace egide::kernels {

/// Cells per side of the picture that the transform sees (Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ
/// Image-Hashing Algorithm", 2019).
inline constexpr std::uint32_t kGrid = 64;
/// Coefficients kept per side: rows and columns 1 to 16 of the DCT.
inline constexpr std::uint32_t kCoefficients = 16;
/// Rows are handed over in multiples of this, but for the last call.
inline constexpr std::uint32_t kBandRows = 32;
/// Window of the two-pass box filter along a side: Meta's `computeJaroszFilterWindowSize`, (side + 127) / 128.
constexpr std::uint32_t window_size(std::uint32_t side) noexcept { return (side + 127) / 128; }
/// Pixel at the centre of a cell: (cell + 0.5) * side / 64, rounded down.
constexpr std::uint32_t cell_centre(std::uint32_t cell, std::uint32_t side) noexcept {
  return static_cast<std::uint32_t>((2 * std::uint64_t{cell} + 1) * side / (2 * kGrid));
}

/// How the picture is sampled along an axis: at its own cell centres, and where the cell centres of the mirrored
/// picture fall. The centres are not symmetric, nor is a window of even size, so that these differ: by up to a third of
/// a cell at 256 pixels.
inline constexpr std::uint32_t kSamplings = 2;
/// Where in the filtered picture cell 63 - `cell` of the mirrored picture is read: mirrored, and 1 further left for
/// each of two passes with an even window, which reaches 1 further to the right than to the left.
constexpr std::uint32_t mirrored_centre(std::uint32_t cell, std::uint32_t side) noexcept {
  const std::uint32_t at = side - 1 - cell_centre(kGrid - 1 - cell, side), shift = window_size(side) % 2 == 0 ? 2 : 0;
  return at < shift ? 0 : at - shift;
}
constexpr std::uint32_t sample_at(std::uint32_t sampling, std::uint32_t cell, std::uint32_t side) noexcept {
  return sampling == 0 ? cell_centre(cell, side) : mirrored_centre(cell, side);
}
inline constexpr std::size_t kGridFloats = std::size_t{kGrid} * kGrid;

struct PdqShape {
  std::uint32_t width, height;
  /// 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA; alpha is not looked at.
  std::uint32_t channels;
  /// Grey as it is (Meta's C++), or weighted as three equal channels (pytx replicates grey to RGB first).
  bool plain_grey;
};

/// A picture that is the grid already: the definition takes it without filter.
constexpr bool is_grid(const PdqShape& shape) noexcept { return shape.width == kGrid && shape.height == kGrid; }

struct PdqKernel {
  const char* name;
  bool (*available)() noexcept;
  /// Bytes that `begin` wants, 64-byte aligned.
  std::uint64_t (*scratch_bytes)(const PdqShape&) noexcept;
  void (*begin)(const PdqShape&, std::byte* scratch) noexcept;
  /// Takes the next `count` rows, `width * channels` bytes each.
  void (*rows)(std::byte* scratch, const std::uint8_t* pixels, std::uint32_t count) noexcept;
  /// After the last row: the 64 x 64 means, row-major, in each sampling of rows (outer) and of columns (inner): four
  /// grids.
  void (*finish)(std::byte* scratch, float* grids) noexcept;
  /// `grid` 64 x 64 to the 16 x 16 low frequencies without the constant ones, row-major.
  void (*transform)(const float* grid, float* coefficients) noexcept;
  /// Sum over neighbours of |int(difference * 100 / 255)|.
  std::uint32_t (*gradient)(const float* grid) noexcept;
  /// The lower median of 256 coefficients: the 128th smallest, what Torben's method returns.
  float (*lower_median)(const float* coefficients) noexcept;
};

/// Every kernel of this build, fastest first; the last is scalar.
std::span<const PdqKernel> pdq_kernels() noexcept;

extern const PdqKernel pdq_scalar;
#if defined(__x86_64__)
extern const PdqKernel pdq_avx512, pdq_avx2;
#elif defined(__aarch64__)
extern const PdqKernel pdq_neon;
#elif defined(__wasm_simd128__)
extern const PdqKernel pdq_simd128;
#endif

}  // namespace egide::kernels
