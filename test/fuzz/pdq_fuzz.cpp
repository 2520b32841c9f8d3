// Any picture of up to 600 x 600: every kernel that this machine runs gives the bits of the scalar twin, whole or in
// slices, and reads no byte beyond its input (the copy below ends with the pixels, so that the sanitizer sees it).
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/pdq/pdq.hpp"

namespace {

egide::PdqResult hash(const std::vector<std::uint8_t>& pixels, const egide::PdqPicture& picture,
                      const egide::kernels::PdqKernel& kernel, std::uint32_t slice) {
  const std::size_t bytes = egide::PdqHasher::scratch_bytes(picture, kernel);
  auto* scratch = static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64));
  egide::PdqHasher hasher(picture, kernel, scratch);
  const std::size_t row = std::size_t{picture.width} * picture.channels;
  for (std::uint32_t y = 0; y < picture.height; y += slice)
    hasher.rows(pixels.data() + y * row, picture.height - y < slice ? picture.height - y : slice);
  const egide::PdqResult result = hasher.finish();
  std::free(scratch);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6) return 0;
  const auto side = [&](std::size_t i) { return 1 + (data[i] | data[i + 1] << 8) % 600u; };
  const egide::PdqPicture picture{side(0), side(2), 1 + data[4] % 4u,
                                  data[5] & 1 ? egide::PdqMode::reference_cpp : egide::PdqMode::full_res};
  const std::uint32_t slice = egide::kernels::kBandRows * (1 + (data[5] >> 1) % 4u);
  // The rest of the input, over and over, is the pixels.
  std::vector<std::uint8_t> pixels(std::size_t{picture.width} * picture.height * picture.channels);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint8_t>(size > 6 ? data[6 + i % (size - 6)] + i / (size - 6) : 0);
  const auto& kernels = egide::kernels::pdq_kernels();
  const egide::PdqResult expected = hash(pixels, picture, kernels.back(), picture.height);
  for (const auto& kernel : kernels) {
    if (!kernel.available()) continue;
    const egide::PdqResult got = hash(pixels, picture, kernel, slice);
    if (got.quality != expected.quality || got.orientations != expected.orientations || got.turned != expected.turned)
      std::abort();
  }
  return 0;
}
