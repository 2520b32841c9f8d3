// PDQ against Meta's reference, on every kernel that this machine runs.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/pdq/pdq.hpp"
#include "pictures.hpp"

namespace {

using egide::PdqMode;
using egide::test::picture;

struct Vector {
  std::string pattern, full_res, reference_cpp, orientations[8];
  std::uint32_t seed, width, height, checksum, full_res_quality, reference_cpp_quality;
};

std::vector<Vector> read_vectors() {
  std::ifstream file(EGIDE_VECTORS "/pdq-synthetic.tsv");
  REQUIRE(file.is_open());
  std::vector<Vector> vectors;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    Vector v;
    fields >> v.pattern >> v.seed >> v.width >> v.height >> v.checksum >> v.full_res >> v.full_res_quality >>
        v.reference_cpp >> v.reference_cpp_quality;
    for (std::string& orientation : v.orientations) fields >> orientation;
    vectors.push_back(v);
  }
  return vectors;
}

std::string hex(const std::uint8_t* bytes) {
  std::string text;
  for (std::size_t i = 0; i < egide::kPdqHashBytes; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

struct Hashed {
  std::string hash;
  std::uint32_t quality;
  std::string orientations[8], turned[8];
};

// `slice` rows at a time; the scratch area is filled with rubbish first.
Hashed hash(const std::vector<std::uint8_t>& pixels, const egide::PdqPicture& p,
            const egide::kernels::PdqKernel& kernel, std::uint32_t slice) {
  const std::size_t bytes = egide::PdqHasher::scratch_bytes(p, kernel);
  std::vector<std::byte> storage(bytes + 64, std::byte{0xa5});
  std::byte* scratch = storage.data() + (64 - reinterpret_cast<std::uintptr_t>(storage.data()) % 64) % 64;
  egide::PdqHasher hasher(p, kernel, scratch);
  for (std::uint32_t y = 0; y < p.height; y += slice) {
    const std::uint32_t count = std::min(slice, p.height - y);
    // A copy of its own, so that a read beyond the slice is seen.
    const auto from = pixels.begin() + static_cast<std::ptrdiff_t>(std::size_t{y} * p.width * p.channels);
    const std::vector<std::uint8_t> part(from,
                                         from + static_cast<std::ptrdiff_t>(std::size_t{count} * p.width * p.channels));
    hasher.rows(part.data(), count);
  }
  const egide::PdqResult result = hasher.finish();
  Hashed out{hex(result.orientations.data()), result.quality, {}, {}};
  for (std::size_t i = 0; i < 8; ++i) {
    out.orientations[i] = hex(result.orientations.data() + i * egide::kPdqHashBytes);
    out.turned[i] = hex(result.turned.data() + i * egide::kPdqHashBytes);
  }
  return out;
}

// From RGB: 1 takes the red, 2 adds an alpha that must not matter, 4 likewise.
std::vector<std::uint8_t> with_channels(const std::vector<std::uint8_t>& rgb, std::uint32_t channels) {
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < rgb.size(); i += 3) {
    out.push_back(rgb[i]);
    if (channels > 2) out.push_back(rgb[i + 1]), out.push_back(rgb[i + 2]);
    if (channels % 2 == 0) out.push_back(static_cast<std::uint8_t>(i * 37));
  }
  return out;
}

}  // namespace

TEST_CASE("every kernel equals Meta's reference on the synthetic vectors, 0 bits off") {
  const std::vector<Vector> vectors = read_vectors();
  REQUIRE(vectors.size() == 109);
  for (const auto& kernel : egide::kernels::pdq_kernels()) {
    if (!kernel.available()) {
      MESSAGE("not on this machine: " << kernel.name);
      continue;
    }
    MESSAGE("kernel: " << kernel.name);
    for (const Vector& v : vectors) {
      CAPTURE(kernel.name);
      CAPTURE(v.pattern);
      CAPTURE(v.width);
      CAPTURE(v.height);
      const auto pixels = picture(v.pattern, v.seed, v.width, v.height);
      REQUIRE(egide::test::checksum(pixels) == v.checksum);
      const Hashed full = hash(pixels, {v.width, v.height, 3, PdqMode::full_res}, kernel, v.height);
      CHECK(full.hash == v.full_res);
      CHECK(full.quality == v.full_res_quality);
      const Hashed reference = hash(pixels, {v.width, v.height, 3, PdqMode::reference_cpp}, kernel, v.height);
      CHECK(reference.hash == v.reference_cpp);
      CHECK(reference.quality == v.reference_cpp_quality);
      CHECK(full.orientations[0] == full.hash);
      // For 64 x 64 the reference's plain function skips the filter and its eight-orientation function does not.
      if (v.width == 64 && v.height == 64) continue;
      for (int i = 0; i < 8; ++i) CHECK(full.orientations[i] == v.orientations[i]);
    }
  }
}

TEST_CASE("kernels, slices and channels agree with the scalar twin at odd sizes") {
  const std::pair<std::uint32_t, std::uint32_t> sizes[] = {{5, 300},   {300, 5},   {17, 31},   {64, 65},
                                                           {127, 129}, {385, 512}, {511, 385}, {513, 511},
                                                           {700, 33},  {1, 1},     {4, 64},    {64, 64}};
  const auto& kernels = egide::kernels::pdq_kernels();
  for (const auto& [width, height] : sizes) {
    const auto rgb = picture("noise", 7 + width, width, height);
    for (std::uint32_t channels = 1; channels <= 4; ++channels)
      for (const PdqMode mode : {PdqMode::full_res, PdqMode::reference_cpp}) {
        const egide::PdqPicture p{width, height, channels, mode};
        const auto pixels = with_channels(rgb, channels);
        const Hashed expected = hash(pixels, p, kernels.back(), height);
        for (const auto& kernel : kernels) {
          if (!kernel.available()) continue;
          CAPTURE(kernel.name);
          CAPTURE(width);
          CAPTURE(height);
          CAPTURE(channels);
          for (const std::uint32_t slice : {height, egide::kernels::kBandRows, 3 * egide::kernels::kBandRows}) {
            const Hashed got = hash(pixels, p, kernel, slice);
            CHECK(got.hash == expected.hash);
            CHECK(got.quality == expected.quality);
            for (int i = 0; i < 8; ++i) {
              CHECK(got.orientations[i] == expected.orientations[i]);
              CHECK(got.turned[i] == expected.turned[i]);
            }
          }
        }
      }
  }
}

TEST_CASE("the scratch area for 12 megapixels is under 1 MB on vector kernels") {
  for (const auto& kernel : egide::kernels::pdq_kernels()) {
    const std::size_t bytes = egide::PdqHasher::scratch_bytes({4032, 3024, 3, PdqMode::full_res}, kernel);
    CAPTURE(kernel.name);
    if (std::string(kernel.name) == "scalar")
      CHECK(bytes < std::size_t{8} * 4032 * 3024 + 1024);
    else
      CHECK(bytes < 1'000'000);
  }
}
