// PDQ, the perceptual hash of 256 bits by Meta (docs/pdq.md), row by row: a picture may be handed over in slices, so
// that a caller never needs all of it at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/kernels/pdq_kernels.hpp"

namespace egide {

inline constexpr std::size_t kPdqHashBytes = 32;
inline constexpr std::size_t kPdqOrientations = 8;
/// Shorter sides give the zero hash with quality 0 (Meta's reference).
inline constexpr std::uint32_t kPdqMinSide = 5;
/// Sides longer than this are resampled in `reference_cpp`.
inline constexpr std::uint32_t kPdqReferenceSide = 512;

enum class PdqMode : std::uint8_t {
  full_res,       ///< the picture as it is (python-threatexchange, Java, vPDQ)
  reference_cpp,  ///< nearest-neighbour to 512 x 512 first if a side is longer (Meta's pdq-photo-hasher)
};

struct PdqPicture {
  std::uint32_t width, height;
  std::uint32_t channels;  ///< 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA; alpha is not looked at
  PdqMode mode;
};

/// Eight hashes of 32 bytes: original, rotate 90, 180, 270, flip X, Y, +1, -1 (the order of pdqhash-python); in each
/// the highest bit first, as the canonical text writes it.
using PdqOrientationHashes = std::array<std::uint8_t, kPdqOrientations * kPdqHashBytes>;

struct PdqResult {
  /// From one transform by changing signs, as Meta's reference makes them.
  PdqOrientationHashes orientations;
  /// Of the picture turned and sampled anew: what hashing the turned pixels gives, or nearly.
  PdqOrientationHashes turned;
  /// 0 to 100.
  std::uint32_t quality;
};

/// True if sides and channels are in the range that the core takes (1 to 65,535; 1 to 4).
bool valid(const PdqPicture& picture) noexcept;

/// Hashes one picture. Lives in, and never allocates beyond, the scratch area that the caller gives.
class PdqHasher {
 public:
  /// Bytes of scratch. For a vector kernel at most pixels / 32 + 24 * width + 400 KB (16 MB more only in sizes beyond
  /// reason); the scalar kernel wants 8 bytes per pixel.
  static std::uint64_t scratch_bytes(const PdqPicture& picture, const kernels::PdqKernel& kernel) noexcept;

  /// `scratch` is 64-byte aligned and outlives the hasher. `picture` is valid.
  PdqHasher(const PdqPicture& picture, const kernels::PdqKernel& kernel, std::byte* scratch) noexcept;

  /// The next `count` rows, `width * channels` bytes each. But for the last call, a multiple of kernels::kBandRows.
  void rows(const std::uint8_t* pixels, std::uint32_t count) noexcept;

  /// After the last row.
  PdqResult finish() noexcept;

 private:
  PdqPicture picture_;
  const kernels::PdqKernel* kernel_;
  bool resampled_;
  std::uint32_t rows_seen_ = 0;
  std::uint8_t* sampled_;  // 512 x 512 pixels, only if resampled_
  std::byte* kernel_scratch_;
};

}  // namespace egide
