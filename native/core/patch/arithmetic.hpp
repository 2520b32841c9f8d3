// Functions that every platform computes to the same bit: the C library's differ between systems in the last places.
// Built of + - * / and the square root alone, which IEEE 754 defines exactly. Errors are below 1e-14 (tested).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace egide::arithmetic {

inline constexpr double kPi = 3.14159265358979323846, kTurn = 2 * kPi;
inline constexpr double kLn2 = 0.69314718055994530942;

/// Base-2 logarithm of a positive, normal number: the series of atanh around 1 (Abramowitz & Stegun 4.1.27).
inline double log2_of(double x) noexcept {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);  // [1, 2)
  if (mantissa > 1.41421356237309504880) mantissa /= 2, ++exponent;
  const double s = (mantissa - 1) / (mantissa + 1), s2 = s * s;  // |s| <= 0.172
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * s2 + 1.0 / k;
  return exponent + 2 * s * sum / kLn2;
}

inline double log10_of(double x) noexcept { return log2_of(x) * 0.30102999566398119521; }

/// 2 to the power of x, -1000 <= x <= 1000: the Taylor series of exp over half an octave.
inline double exp2_of(double x) noexcept {
  const double whole = std::floor(x + 0.5), y = (x - whole) * kLn2;  // |y| <= 0.347
  double sum = 1;
  for (int k = 14; k >= 1; --k) sum = 1 + sum * y / k;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(1023 + static_cast<int>(whole)) << 52);
}

/// Angle of the vector (x, y), -pi to pi; 0 of the zero vector.
inline double atan2_of(double y, double x) noexcept {
  const double ax = std::fabs(x), ay = std::fabs(y), large = ax > ay ? ax : ay, small = ax > ay ? ay : ax;
  if (large == 0) return 0;
  constexpr double kSqrt3 = 1.73205080756887729353, kTan15 = 0.26794919243112270647;
  double t = small / large;
  const bool reduced = t > kTan15;
  if (reduced) t = (t * kSqrt3 - 1) / (kSqrt3 + t);  // atan(t) - pi / 6
  const double t2 = t * t;                           // |t| <= tan(15 degrees)
  double sum = 0;
  for (int k = 23; k >= 1; k -= 2) sum = 1.0 / k - sum * t2;
  double angle = t * sum + (reduced ? kPi / 6 : 0);
  if (ay > ax) angle = kPi / 2 - angle;
  if (x < 0) angle = kPi - angle;
  return y < 0 ? -angle : angle;
}

struct SinCos {
  double sin, cos;
};
/// Sine and cosine of an angle of at most a million turns: Taylor series over an eighth of a turn to both sides.
inline SinCos sin_cos_of(double angle) noexcept {
  const double quarters = std::floor(angle / (kPi / 2) + 0.5), r = angle - quarters * (kPi / 2), r2 = r * r;
  double sine = 1, cosine = 1;
  for (int k = 18; k >= 2; k -= 2) {
    sine = 1 - sine * r2 / (k * (k + 1));
    cosine = 1 - cosine * r2 / ((k - 1) * k);
  }
  sine *= r;
  switch (static_cast<std::int64_t>(quarters) & 3) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, -sine};
    case 2:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

/// An angle brought to (-pi, pi].
inline double wrapped(double angle) noexcept { return angle - kTurn * std::ceil((angle - kPi) / kTurn); }

}  // namespace egide::arithmetic
