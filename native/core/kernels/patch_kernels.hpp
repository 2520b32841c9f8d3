// The steps of patch extraction that have kernels. Every kernel gives the same bits; `patch_scalar.cpp` defines them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace egide::kernels {

/// Samples along a side of the square around a keypoint that its descriptor is made of, with a rim of one for the
/// gradients (Lowe 2004, section 6.1, has 16 x 16).
inline constexpr std::uint32_t kPatchSamples = 18;
/// Bins of the histogram of gradient directions (Lowe 2004, section 5).
inline constexpr std::uint32_t kDirections = 36;
/// Widest Gaussian: a radius of three standard deviations of the widest step of the pyramid.
inline constexpr std::uint32_t kMaxRadius = 10;
/// Floats beyond `count` that `gradients` and `votes` may read, and write in what they make.
inline constexpr std::uint32_t kRowPadding = 16;
/// Floats of the scratch area that `blur` needs.
constexpr std::size_t blur_scratch(std::uint32_t width) noexcept { return 2 * (std::size_t{width} + 2 * kMaxRadius); }

/// The square around a keypoint: its centre in pixels of a level (first pixel's centre at 0, 0), and the step from one
/// sample to the next along its first axis; the second axis is that one turned by 90 degrees.
struct PatchFrame {
  float x, y, step_x, step_y;
};

struct PatchKernel {
  const char* name;
  bool (*available)() noexcept;

  /// to[i] += weight * from[i].
  void (*add_row)(const float* from, float weight, float* to, std::uint32_t count) noexcept;
  /// A row's luma, 77 R + 150 G + 29 B (the picture's own value if grey: 256 times), 0 to 65,280. `channels` 1 to 4;
  /// with alpha the picture lies on mid-grey.
  void (*luma_row)(const std::uint8_t* pixels, std::uint32_t channels, float* luma, std::uint32_t count) noexcept;
  /// to[x] = scale * sum over i < `taps` of weights[i * count + x] * from[first[x] + i]. All of it is finite and not
  /// negative.
  void (*weigh_row)(const float* from, const std::uint32_t* first, const float* weights, std::uint32_t taps,
                    float scale, float* to, std::uint32_t count) noexcept;
  /// Gaussian blur with the taps 0 to `radius` of a symmetric kernel, first down the columns, then along the rows;
  /// edges are repeated. `scratch` has room for blur_scratch(width) floats.
  void (*blur)(const float* from, float* to, std::uint32_t width, std::uint32_t height, const float* taps,
               std::uint32_t radius, float* scratch) noexcept;
  /// Writes every x from `first` to `last` - 1 at which the middle row of the middle level is larger (or smaller) than
  /// all 26 neighbours and at least `threshold` from 0. `rows`: above, at, below, of the level below, the level itself
  /// and the level above. Returns how many; there is room for `last` - `first`.
  std::uint32_t (*extrema)(const float* const* rows, std::uint32_t first, std::uint32_t last, float threshold,
                           std::uint32_t* found) noexcept;
  /// The gradients (central differences, not halved) of `count` pixels from `at` on.
  void (*gradients)(const float* above, const float* at, const float* below, std::uint32_t count, float* x,
                    float* y) noexcept;
  /// How `count` gradients, each with a weight, vote in the histogram of directions: with `here` for `bin`, 0 to
  /// kDirections inclusive, and with `next` for the one after it, both modulo kDirections.
  void (*votes)(const float* x, const float* y, const float* weights, std::uint32_t count, std::uint32_t* bin,
                float* here, float* next) noexcept;
  /// The descriptor of the square: 128 histogram bytes.
  void (*describe)(const float* level, std::uint32_t width, std::uint32_t height, const PatchFrame& frame,
                   std::uint8_t* histogram) noexcept;
};

/// Every kernel of this build, fastest first; the last is scalar.
std::span<const PatchKernel> patch_kernels() noexcept;

extern const PatchKernel patch_scalar;
#if defined(__x86_64__)
extern const PatchKernel patch_avx2;
#elif defined(__aarch64__)
extern const PatchKernel patch_neon;
#elif defined(__wasm_simd128__)
extern const PatchKernel patch_simd128;
#endif

}  // namespace egide::kernels
