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

Octave octave_of(std::uint32_t width, std::uint32_t height, float step) {
  void* memory = ::operator new(kLevels*(std::size_t{width} * height + kernels::kRowPadding) * sizeof(float));
  Octave octave{width, height, step, Levels(static_cast<float*>(memory))};
  for (std::uint32_t i = 0; i < kLevels; ++i)
    std::fill_n(octave.level(i) + std::size_t{width} * height, kernels::kRowPadding, 0.0f);
  return octave;
}

// Every second pixel of every second row.
void halve(const Octave& from, std::uint32_t level, Octave& to) noexcept {
  for (std::uint32_t y = 0; y < to.height; ++y) {
    const float* row = from.row(level, 2 * y);
    float* out = to.level(0) + std::size_t{y} * to.width;
    for (std::uint32_t x = 0; x < to.width; ++x) out[x] = row[2 * x];
  }
}

}  // namespace

std::vector<Octave> pyramid_of(const float* luma, std::uint32_t width, std::uint32_t height,
                               const kernels::PatchKernel& kernel) {
  std::vector<Octave> octaves;
  std::vector<float> scratch(kernels::blur_scratch(width));
  const auto blur = [&](const float* from, const Octave& octave, std::uint32_t level, const Gaussian& gaussian) {
    kernel.blur(from, octave.level(level), octave.width, octave.height, gaussian.taps.data(), gaussian.radius,
                scratch.data());
  };
  std::array<Gaussian, kLevels> steps;
  steps[0] = from_to(kOwnSigma, kFirstSigma);
  for (std::uint32_t i = 1; i < kLevels; ++i)
    steps[i] = from_to(kFirstSigma * arithmetic::exp2_of(double(i - 1) / kIntervals),
                       kFirstSigma * arithmetic::exp2_of(double(i) / kIntervals));
  for (float step = 1; std::min(width, height) >= kLeastOctaveSide; width /= 2, height /= 2, step *= 2) {
    Octave octave = octave_of(width, height, step);
    if (octaves.empty())
      blur(luma, octave, 0, steps[0]);
    else
      halve(octaves.back(), kIntervals, octave);
    for (std::uint32_t i = 1; i < kLevels; ++i) blur(octave.level(i - 1), octave, i, steps[i]);
    octaves.push_back(std::move(octave));
  }
  return octaves;
}

}  // namespace egide
