#include "core/patch/working.hpp"

#include <algorithm>
#include <cmath>

namespace egide {
namespace {

// Shorter sides hold no keypoint; a working picture has them all the same.
constexpr std::uint32_t kShortest = 16;
// Luma comes as 256 times a byte.
constexpr float kLumaScale = 1.0f / 65280;

}  // namespace

WorkingSize working_size(double width, double height, std::uint32_t long_side) noexcept {
  const double side = std::max(width, height);
  const double least = long_side >= kDeepSide ? long_side : kLeastSide;
  const double scale = std::max(least, std::min(side, double(long_side))) / side;
  const auto scaled = [&](double length) {
    return std::max(kShortest, static_cast<std::uint32_t>(std::floor(length * scale + 0.5)));
  };
  return {scaled(width), scaled(height)};
}

WorkingPicture::Axis WorkingPicture::axis_of(std::uint32_t from, std::uint32_t to) {
  Axis axis;
  axis.first.resize(to), axis.count.resize(to);
  const double step = double(from) / to, last = from - 1;
  const auto centre_of = [&](std::uint32_t i) { return std::clamp((i + 0.5) * step - 0.5, 0.0, last); };
  for (std::uint32_t i = 0; i < to; ++i) {
    const double first = std::floor(step > 1 ? i * step : centre_of(i));
    const double stop = step > 1 ? std::min(last, std::ceil((i + 1) * step) - 1) : std::ceil(centre_of(i));
    axis.first[i] = static_cast<std::uint32_t>(first);
    axis.count[i] = static_cast<std::uint32_t>(stop - first) + 1;
    axis.taps = std::max(axis.taps, axis.count[i]);
  }
  axis.weights.resize(std::size_t{axis.taps} * to);
  for (std::uint32_t i = 0; i < to; ++i)
    for (std::uint32_t tap = 0; tap < axis.count[i]; ++tap) {
      const double k = double(axis.first[i]) + tap;
      const double weight =
          step > 1 ? (std::min((i + 1) * step, k + 1) - std::max(i * step, k)) / step : 1 - std::fabs(centre_of(i) - k);
      axis.weights[std::size_t{tap} * to + i] = static_cast<float>(weight);
    }
  for (std::uint32_t i = 0, open = 0; i < to; ++i) {  // those before `open` end before i begins
    while (axis.first[open] + axis.count[open] <= axis.first[i]) ++open;
    axis.most_open = std::max(axis.most_open, i - open + 1);
  }
  return axis;
}

WorkingPicture::WorkingPicture(std::uint32_t width, std::uint32_t height, std::uint32_t channels, WorkingSize size,
                               const kernels::PatchKernel& kernel)
    : kernel_(&kernel),
      width_(width),
      channels_(channels),
      size_(size),
      across_(axis_of(width, size.width)),
      down_(axis_of(height, size.height)),
      row_(width),
      sums_(std::size_t{down_.most_open} * width + across_.taps),
      luma_(std::size_t{size.width} * size.height) {}

void WorkingPicture::rows(const std::uint8_t* pixels, std::uint32_t count) noexcept {
  for (std::uint32_t i = 0; i < count; ++i, pixels += std::size_t{width_} * channels_, ++source_row_) {
    kernel_->luma_row(pixels, channels_, row_.data(), width_);
    for (std::uint32_t y = finished_; y < size_.height && down_.first[y] <= source_row_; ++y) {
      const std::uint32_t tap = source_row_ - down_.first[y];
      kernel_->add_row(row_.data(), down_.weights[std::size_t{tap} * size_.height + y], sums_of(y), width_);
      if (tap + 1 == down_.count[y]) finish_row(y);
    }
  }
}

void WorkingPicture::finish_row(std::uint32_t y) noexcept {
  float* sums = sums_of(y);
  kernel_->weigh_row(sums, across_.first.data(), across_.weights.data(), across_.taps, kLumaScale,
                     luma_.data() + std::size_t{y} * size_.width, size_.width);
  std::fill_n(sums, width_, 0.0f);
  finished_ = y + 1;
}

}  // namespace egide
