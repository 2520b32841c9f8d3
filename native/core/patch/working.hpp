// The working picture: luma from 0 to 1, in a size in which keypoints can be compared.
#pragma once

#include <utility>
#include <vector>

#include "core/kernels/patch_kernels.hpp"

namespace egide {

/// Long sides of working pictures. What is asked about may show a reference smaller (in a collage, in a screenshot), so
/// it is looked at larger than references are (640).
inline constexpr std::uint32_t kLiteSide = 640, kQuerySide = 800, kDeepSide = 1024;
/// Smaller pictures are enlarged to this long side: below it too few keypoints are left. Whoever looks as deep as
/// kDeepSide has pictures enlarged to that: what they show small is found there.
inline constexpr std::uint32_t kLeastSide = 512;

struct WorkingSize {
  std::uint32_t width, height;
};
/// The size that a picture is looked at in: its long side brought down to `long_side` or up to kLeastSide.
WorkingSize working_size(double width, double height, std::uint32_t long_side) noexcept;

/// Makes a working picture of rows that come from top to bottom, some at a time: exact means of areas where it shrinks,
/// bilinear where it enlarges.
class WorkingPicture {
 public:
  WorkingPicture(std::uint32_t width, std::uint32_t height, std::uint32_t channels, WorkingSize size,
                 const kernels::PatchKernel& kernel);

  /// The next `count` rows, `width * channels` bytes each; all together `height`.
  void rows(const std::uint8_t* pixels, std::uint32_t count) noexcept;

  WorkingSize size() const noexcept { return size_; }
  /// After the last row: row-major, 0 to 1.
  std::vector<float> take_luma() && noexcept { return std::move(luma_); }

 private:
  // For each pixel of the working picture along an axis: which source pixels it is made of.
  struct Axis {
    std::vector<std::uint32_t> first, count;
    std::uint32_t taps = 0;       // the largest count
    std::vector<float> weights;   // [tap][pixel], 0 beyond its count
    std::uint32_t most_open = 1;  // how many a source pixel may take part in
  };
  static Axis axis_of(std::uint32_t from, std::uint32_t to);

  void finish_row(std::uint32_t y) noexcept;
  float* sums_of(std::uint32_t y) noexcept { return sums_.data() + std::size_t{y % down_.most_open} * width_; }

  const kernels::PatchKernel* kernel_;
  std::uint32_t width_, channels_;
  WorkingSize size_;
  Axis across_, down_;
  std::vector<float> row_, sums_, luma_;
  std::uint32_t source_row_ = 0, finished_ = 0;
};

}  // namespace egide
