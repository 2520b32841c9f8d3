// Two pictures' features under a transform that is known, with as many that have no partner.
#pragma once

#include <cmath>

#include "core/patch/match.hpp"
#include "pictures.hpp"

namespace egide::test {

struct Random {
  std::uint32_t seed;
  std::uint32_t bits() { return xorshift(seed); }
  std::uint64_t word() {
    const std::uint64_t high = bits();
    return high << 32 | bits();
  }
  double between(double low, double high) { return low + (high - low) * bits() / 4294967296.0; }
  Place place(double width, double height) {
    return {static_cast<float>(between(0, width)), static_cast<float>(between(0, height)),
            static_cast<float>(std::exp2(between(0.7, 4))), static_cast<float>(between(-3.14159, 3.14159))};
  }
  Code code() { return {{word(), word()}}; }
};

/// The code with that many of its bits turned over.
inline Code flipped(Random& random, Code code, std::uint32_t bits) {
  // 37 has no factor in common with 128: no bit comes twice.
  for (std::uint32_t bit = random.bits(); bits > 0; --bits, bit += 37)
    code.words[bit / 64 % 2] ^= std::uint64_t{1} << (bit % 64);
  return code;
}

/// What the transform makes of a place: its derivative's nearest similarity turns and scales it.
inline Place carried(const Matrix& m, const Place& from) {
  Point to;
  project(m, {from.x, from.y}, to);
  const double z = m[6] * from.x + m[7] * from.y + m[8];
  const double a = (m[0] - to.x * m[6] + m[4] - to.y * m[7]) / (2 * z);
  const double b = (m[3] - to.y * m[6] - m[1] + to.x * m[7]) / (2 * z);
  return {static_cast<float>(to.x), static_cast<float>(to.y), static_cast<float>(from.sigma * std::hypot(a, b)),
          static_cast<float>(from.angle + std::atan2(b, a))};
}

inline Matrix similarity_of(double scale, double angle, double x, double y) {
  const double c = scale * std::cos(angle), s = scale * std::sin(angle);
  return {c, -s, x, s, c, y, 0, 0, 1};
}

/// Features of a query of 800 x 600 and of a reference of 640 x 480: `copied` of them are the same under the transform,
/// off by up to `noise` pixels, up to an eighth of an octave and a tenth of a radian.
struct World {
  std::vector<Place> query, reference;
  std::vector<Correspondence> correspondences;

  World(std::uint32_t seed, const Matrix& transform, std::uint32_t copied, std::uint32_t strangers, double noise) {
    Random random{seed};
    std::uint32_t tries = 0;
    while (query.size() < copied && ++tries < 100000) {
      const Place from = random.place(800, 600);
      Place to = carried(transform, from);
      if (!(to.x >= 0 && to.x < 640 && to.y >= 0 && to.y < 480)) continue;
      to.x += static_cast<float>(random.between(-noise, noise));
      to.y += static_cast<float>(random.between(-noise, noise));
      to.sigma *= static_cast<float>(std::exp2(random.between(-0.125, 0.125)));
      to.angle += static_cast<float>(random.between(-0.1, 0.1));
      pair(from, to, random.bits() % 20);
    }
    for (std::uint32_t i = 0; i < strangers; ++i)
      pair(random.place(800, 600), random.place(640, 480), 15 + random.bits() % 12);
  }

  void pair(const Place& from, const Place& to, std::uint32_t distance) {
    const auto number = static_cast<std::uint32_t>(query.size());
    query.push_back(from), reference.push_back(to);
    correspondences.push_back({number, number, distance});
  }

  VerifyInit init() const { return {query, reference, 640, 480, 1e6, 2}; }
};

/// The greatest distance in pixels, over the reference's frame, of where two transforms of the query take a place.
inline double greatest_error(const Matrix& found, const Matrix& truth) {
  Matrix back;
  if (!inverse(truth, back)) return 1e9;
  double greatest = 0;
  for (int y = 0; y <= 480; y += 48)
    for (int x = 0; x <= 640; x += 64) {
      Point at, there;
      if (!project(back, {double(x), double(y)}, at)) continue;
      if (at.x < 0 || at.x > 800 || at.y < 0 || at.y > 600) continue;
      if (!project(found, at, there)) return 1e9;
      greatest = std::fmax(greatest, std::hypot(there.x - x, there.y - y));
    }
  return greatest;
}

}  // namespace egide::test
