#include <doctest/doctest.h>

#include <cmath>

#include "core/patch/arithmetic.hpp"
#include "pictures.hpp"

namespace {

namespace arithmetic = egide::arithmetic;

// Above 1 relative to the value, below 1 absolute.
double error(double got, double expected) {
  return std::fabs(got - expected) / (std::fabs(expected) > 1 ? std::fabs(expected) : 1);
}

double between(std::uint32_t& seed, double low, double high) {
  return low + (high - low) * egide::test::xorshift(seed) / 4294967296.0;
}

}  // namespace

TEST_CASE("logarithms and powers are the C library's to 1e-14") {
  std::uint32_t seed = 1;
  double log2 = 0, log10 = 0, exp2 = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = std::ldexp(between(seed, 1, 2), static_cast<int>(between(seed, -300, 300)));
    log2 = std::fmax(log2, error(arithmetic::log2_of(x), std::log2(x)));
    log10 = std::fmax(log10, error(arithmetic::log10_of(x), std::log10(x)));
    const double power = between(seed, -30, 30);
    exp2 = std::fmax(exp2, std::fabs(arithmetic::exp2_of(power) / std::exp2(power) - 1));
  }
  CHECK(log2 < 1e-14);
  CHECK(log10 < 1e-14);
  CHECK(exp2 < 1e-14);
  for (int k = -1000; k <= 1000; ++k) {
    CHECK(arithmetic::log2_of(std::ldexp(1.0, k)) == k);
    CHECK(arithmetic::exp2_of(k) == std::ldexp(1.0, k));
  }
}

TEST_CASE("angles, sines and cosines are the C library's to 1e-14") {
  std::uint32_t seed = 2;
  double atan2 = 0, sine = 0, cosine = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = between(seed, -1, 1), y = between(seed, -1, 1) * std::exp2(between(seed, -20, 20));
    atan2 = std::fmax(atan2, error(arithmetic::atan2_of(y, x), std::atan2(y, x)));
    const double angle = between(seed, -7, 7);
    const auto [s, c] = arithmetic::sin_cos_of(angle);
    sine = std::fmax(sine, std::fabs(s - std::sin(angle)));
    cosine = std::fmax(cosine, std::fabs(c - std::cos(angle)));
  }
  CHECK(atan2 < 1e-14);
  CHECK(sine < 1e-14);
  CHECK(cosine < 1e-14);
}

TEST_CASE("angles of the axes, of the zero vector, and beyond a turn") {
  CHECK(arithmetic::atan2_of(0, 0) == 0);
  CHECK(arithmetic::atan2_of(0, 2) == 0);
  CHECK(arithmetic::atan2_of(3, 0) == arithmetic::kPi / 2);
  CHECK(arithmetic::atan2_of(-3, 0) == -arithmetic::kPi / 2);
  CHECK(arithmetic::atan2_of(0, -1) == arithmetic::kPi);
  for (int turns = -1000; turns <= 1000; turns += 37)
    for (const double angle : {-3.0, -1.0, 0.0, 0.5, 3.1}) {
      CHECK(std::fabs(arithmetic::wrapped(angle + turns * arithmetic::kTurn) - angle) < 1e-11);
      CHECK(std::fabs(arithmetic::sin_cos_of(angle + turns * arithmetic::kTurn).sin - std::sin(angle)) < 1e-11);
    }
  CHECK(arithmetic::wrapped(arithmetic::kPi) == arithmetic::kPi);
}
