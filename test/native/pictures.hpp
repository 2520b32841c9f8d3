// Pictures made from integer formulas (docs/pdq.md, "Vectors"): the same in every language, with no decoder involved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace egide::test {

inline std::uint32_t xorshift(std::uint32_t& s) {
  s ^= s << 13, s ^= s >> 17, s ^= s << 5;
  return s;
}

inline std::uint8_t triangle(std::uint64_t t, std::uint64_t period) {
  const std::uint64_t m = t % (2 * period), d = m < period ? m : 2 * period - m;
  return static_cast<std::uint8_t>(d * 255 / period);
}

inline std::vector<std::uint8_t> picture(const std::string& pattern, std::uint32_t seed, std::uint32_t w,
                                         std::uint32_t h) {
  std::vector<std::uint8_t> pixels;
  pixels.reserve(std::size_t{w} * h * 3);
  const auto put = [&](std::uint32_t r, std::uint32_t g, std::uint32_t b) {
    for (const std::uint32_t v : {r, g, b}) pixels.push_back(static_cast<std::uint8_t>(v));
  };
  std::uint32_t noise = seed;
  const std::uint32_t bw = w / 8 > 1 ? w / 8 : 1, bh = h / 8 > 1 ? h / 8 : 1;
  for (std::uint32_t y = 0; y < h; ++y)
    for (std::uint32_t x = 0; x < w; ++x) {
      const std::uint64_t wide_x = x, wide_y = y;
      if (pattern == "noise") {
        const std::uint32_t r = xorshift(noise) >> 24, g = xorshift(noise) >> 24, b = xorshift(noise) >> 24;
        put(r, g, b);
      } else if (pattern == "blocks") {
        std::uint32_t s = (seed + (x / bw) * 2654435761u + (y / bh) * 2246822519u) | 1;
        const std::uint32_t r = xorshift(s) >> 24, g = xorshift(s) >> 24, b = xorshift(s) >> 24;
        put(r, g, b);
      } else if (pattern == "waves") {
        put(triangle(3 * wide_x + 2 * wide_y + seed, 97), triangle(wide_x * wide_x / 50 + wide_y, 61),
            triangle(wide_x + wide_y * wide_y / 80, 131));
      } else if (pattern == "ramp") {
        const std::uint32_t r = w > 1 ? x * 255 / (w - 1) : 0, g = h > 1 ? y * 255 / (h - 1) : 0;
        put(r, g, (r + g) / 2);
      } else if (pattern == "disc") {
        const std::int64_t dx = 2 * std::int64_t{x} - w, dy = 2 * std::int64_t{y} - h, r0 = w < h ? w : h;
        const bool in = dx * dx + dy * dy < r0 * r0 / 2;
        put(in ? 230 : 20, in ? triangle(x, 40) : triangle(y, 25), in ? 60 : 180);
      } else if (pattern == "stripes" || pattern == "checks") {
        const std::uint32_t v = 255 * ((pattern == "checks" ? x + y : x) % 2);
        put(v, v, v);
      } else {
        put(128, 128, 128);
      }
    }
  return pixels;
}

inline std::uint32_t checksum(const std::vector<std::uint8_t>& pixels) {
  std::uint32_t sum = 0;
  for (const std::uint8_t byte : pixels) sum = sum * 31 + byte;
  return sum;
}

}  // namespace egide::test
