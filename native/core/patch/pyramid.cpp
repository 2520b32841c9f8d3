#include "core/patch/pyramid.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/patch/arithmetic.hpp"

namespace egide {
namespace {

struct Gaussian {
  std::uint32_t radius;
  std::array<float, kernels::kMaxRadius + 1> taps;
};

// Cut off at three standard deviations.
Gaussian gaussian_of(double sigma) noexcept {
  Gaussian gaussian{std::max(1u, static_cast<std::uint32_t>(std::ceil(3 * sigma))), {}};
  std::array<double, kernels::kMaxRadius + 1> weights{};
  double sum = 0;
  for (std::uint32_t i = 0; i <= gaussian.radius; ++i) {
    weights[i] = arithmetic::exp2_of(-double(i * i) / (2 * sigma * sigma * arithmetic::kLn2));
    sum += (i == 0 ? 1 : 2) * weights[i];
  }
  for (std::uint32_t i = 0; i <= gaussian.radius; ++i) gaussian.taps[i] = static_cast<float>(weights[i] / sum);
  return gaussian;
}

// What has to be added to a blur of `from` to make one of `to`.
Gaussian from_to(double from, double to) noexcept { return gaussian_of(std::sqrt(to * to - from * from)); }

// Every second pixel of every second row.
std::vector<float> halved(const Octave& octave, std::uint32_t level) {
  const std::uint32_t width = octave.width / 2, height = octave.height / 2;
  std::vector<float> half(std::size_t{width} * height);
  for (std::uint32_t y = 0; y < height; ++y) {
    const float* from = octave.row(level, 2 * y);
    for (std::uint32_t x = 0; x < width; ++x) half[std::size_t{y} * width + x] = from[2 * x];
  }
  return half;
}

}  // namespace

std::vector<Octave> pyramid_of(const float* luma, std::uint32_t width, std::uint32_t height,
                               const kernels::PatchKernel& kernel) {
  std::vector<Octave> octaves;
  std::vector<float> row(width + 2 * kernels::kMaxRadius + kernels::kRowPadding);
  const auto blur = [&](const float* from, std::vector<float>& to, const Octave& octave, const Gaussian& gaussian) {
    to.resize(std::size_t{octave.width} * octave.height);
    kernel.blur(from, to.data(), octave.width, octave.height, gaussian.taps.data(), gaussian.radius, row.data());
  };
  std::array<Gaussian, kLevels> steps;
  steps[0] = from_to(kOwnSigma, kFirstSigma);
  for (std::uint32_t i = 1; i < kLevels; ++i)
    steps[i] = from_to(kFirstSigma * arithmetic::exp2_of(double(i - 1) / kIntervals),
                       kFirstSigma * arithmetic::exp2_of(double(i) / kIntervals));
  float step = 1;
  while (std::min(width, height) >= kLeastOctaveSide) {
    Octave octave{width, height, step, {}};
    if (octaves.empty())
      blur(luma, octave.levels[0], octave, steps[0]);
    else
      octave.levels[0] = halved(octaves.back(), kIntervals);
    for (std::uint32_t i = 1; i < kLevels; ++i) blur(octave.levels[i - 1].data(), octave.levels[i], octave, steps[i]);
    octaves.push_back(std::move(octave));
    width /= 2, height /= 2, step *= 2;
  }
  return octaves;
}

}  // namespace egide
