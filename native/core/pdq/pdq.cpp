#include "core/pdq/pdq.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>

namespace egide {
namespace {

using kernels::kCoefficients;
using kernels::kGrid;
using kernels::PdqKernel;
using kernels::PdqShape;

// Sum of gradients per point of quality: Meta's `pdqImageDomainQualityMetric`, "90 gives a nice spread".
constexpr std::uint32_t kGradientPerPoint = 90;
constexpr std::uint32_t kMaxQuality = 100;
constexpr std::uint32_t kMaxSide = 65535;

bool wants_resampling(const PdqPicture& picture) noexcept {
  return picture.mode == PdqMode::reference_cpp &&
         (picture.width > kPdqReferenceSide || picture.height > kPdqReferenceSide);
}

// What the kernel sees.
PdqShape shape_of(const PdqPicture& picture) noexcept {
  const bool resampled = wants_resampling(picture);
  return {resampled ? kPdqReferenceSide : picture.width, resampled ? kPdqReferenceSide : picture.height,
          picture.channels, picture.mode == PdqMode::reference_cpp};
}

std::size_t sampled_bytes(const PdqPicture& picture) noexcept {
  return wants_resampling(picture) ? std::size_t{kPdqReferenceSide} * kPdqReferenceSide * picture.channels : 0;
}

using Bits = std::array<std::uint16_t, kCoefficients>;  // word i, bit j: coefficient [i][j] exceeds the median
using Coefficients = std::array<float, std::size_t{kCoefficients} * kCoefficients>;

Bits threshold(const Coefficients& coefficients, const PdqKernel& kernel) noexcept {
  const float median = kernel.lower_median(coefficients.data());
  Bits bits{};
  for (std::size_t i = 0; i < kCoefficients; ++i)
    for (std::size_t j = 0; j < kCoefficients; ++j)
      bits[i] = static_cast<std::uint16_t>(bits[i] | (coefficients[i * kCoefficients + j] > median) << j);
  return bits;
}

Bits transposed(const Bits& bits) noexcept {
  Bits turned{};
  for (std::size_t i = 0; i < kCoefficients; ++i)
    for (std::size_t j = 0; j < kCoefficients; ++j)
      turned[j] = static_cast<std::uint16_t>(turned[j] | (bits[i] >> j & 1) << i);
  return turned;
}

// The canonical text is the words from the last to the first in hexadecimal.
void write_hash(const Bits& bits, std::uint8_t* out) noexcept {
  for (std::size_t word = 0; word < kCoefficients; ++word) {
    out[2 * word] = static_cast<std::uint8_t>(bits[kCoefficients - 1 - word] >> 8);
    out[2 * word + 1] = static_cast<std::uint8_t>(bits[kCoefficients - 1 - word]);
  }
}

// Which coefficients change sign when the picture is mirrored: a cosine that is odd about the middle does. Row and
// column i hold frequency i + 1, so those with even i are odd functions.
enum class Mirror : std::uint8_t { none, both, rows, columns };

Coefficients mirrored(const Coefficients& coefficients, Mirror mirror) noexcept {
  Coefficients turned;
  for (std::size_t i = 0; i < kCoefficients; ++i)
    for (std::size_t j = 0; j < kCoefficients; ++j) {
      const bool odd_row = i % 2 == 0, odd_column = j % 2 == 0;
      const bool negate = mirror == Mirror::both      ? odd_row != odd_column
                          : mirror == Mirror::rows    ? odd_row
                          : mirror == Mirror::columns ? odd_column
                                                      : false;
      const float value = coefficients[i * kCoefficients + j];
      turned[i * kCoefficients + j] = negate ? -value : value;
    }
  return turned;
}

// Each mirroring is one orientation and its transpose another; the median is that of the mirrored coefficients.
struct Pair {
  Mirror mirror;
  std::size_t plain, diagonal;  // places in PdqOrientationHashes
  std::size_t grid;             // of the four: where the cell centres of the mirrored picture fall
};
constexpr Pair kPairs[] = {
    {Mirror::none, 0, 6, 0}, {Mirror::columns, 5, 1, 1}, {Mirror::rows, 4, 3, 2}, {Mirror::both, 2, 7, 3}};

void write_pair(const Coefficients& coefficients, const Pair& pair, const PdqKernel& kernel,
                PdqOrientationHashes& hashes) noexcept {
  const Bits bits = threshold(mirrored(coefficients, pair.mirror), kernel);
  write_hash(bits, hashes.data() + pair.plain * kPdqHashBytes);
  write_hash(transposed(bits), hashes.data() + pair.diagonal * kPdqHashBytes);
}

}  // namespace

bool valid(const PdqPicture& picture) noexcept {
  return picture.width >= 1 && picture.width <= kMaxSide && picture.height >= 1 && picture.height <= kMaxSide &&
         picture.channels >= 1 && picture.channels <= 4;
}

std::uint64_t PdqHasher::scratch_bytes(const PdqPicture& picture, const PdqKernel& kernel) noexcept {
  return sampled_bytes(picture) + kernel.scratch_bytes(shape_of(picture));  // the first is a multiple of 64
}

PdqHasher::PdqHasher(const PdqPicture& picture, const PdqKernel& kernel, std::byte* scratch) noexcept
    : picture_(picture),
      kernel_(&kernel),
      resampled_(wants_resampling(picture)),
      sampled_(reinterpret_cast<std::uint8_t*>(scratch)),
      kernel_scratch_(scratch + sampled_bytes(picture)) {
  kernel.begin(shape_of(picture), kernel_scratch_);
}

// Nearest neighbour as in CImg's `resize`: pixel x of the copy is pixel floor(x * width / 512) of the picture.
void PdqHasher::rows(const std::uint8_t* pixels, std::uint32_t count) noexcept {
  if (!resampled_) {
    kernel_->rows(kernel_scratch_, pixels, count);
    return;
  }
  const std::uint32_t first = rows_seen_, channels = picture_.channels;
  rows_seen_ += count;
  for (std::uint32_t y = 0; y < kPdqReferenceSide; ++y) {
    const std::uint32_t from_y = static_cast<std::uint32_t>(std::uint64_t{y} * picture_.height / kPdqReferenceSide);
    if (from_y < first || from_y >= rows_seen_) continue;
    const std::uint8_t* row = pixels + std::size_t{from_y - first} * picture_.width * channels;
    std::uint8_t* out = sampled_ + std::size_t{y} * kPdqReferenceSide * channels;
    for (std::uint32_t x = 0; x < kPdqReferenceSide; ++x) {
      const std::uint8_t* from =
          row +
          std::size_t{static_cast<std::uint32_t>(std::uint64_t{x} * picture_.width / kPdqReferenceSide)} * channels;
      for (std::uint32_t c = 0; c < channels; ++c) *out++ = from[c];
    }
  }
}

PdqResult PdqHasher::finish() noexcept {
  PdqResult result{};
  if (picture_.width < kPdqMinSide || picture_.height < kPdqMinSide) return result;
  if (resampled_) kernel_->rows(kernel_scratch_, sampled_, kPdqReferenceSide);
  alignas(64) float grids[std::size(kPairs) * kernels::kGridFloats];
  kernel_->finish(kernel_scratch_, grids);
  result.quality = std::min(kernel_->gradient(grids) / kGradientPerPoint, kMaxQuality);
  alignas(64) Coefficients stored, sampled;
  kernel_->transform(grids, stored.data());
  write_pair(stored, kPairs[0], *kernel_, result.orientations);
  result.turned = result.orientations;
  for (const Pair& pair : std::span(kPairs).subspan(1)) {
    write_pair(stored, pair, *kernel_, result.orientations);
    kernel_->transform(grids + pair.grid * kernels::kGridFloats, sampled.data());
    write_pair(sampled, pair, *kernel_, result.turned);
  }
  return result;
}

}  // namespace egide
