// PDQ: every kernel that this machine runs against the scalar twin compiled with plain -O2, in one run, each in its
// turn. Prints one JSON object, which bench/run.mjs makes tables of. Answers are held against each other first.
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "../../test/native/pictures.hpp"
#include "core/pdq/pdq.hpp"
#include "measure.hpp"

namespace egide::kernels {
extern const PdqKernel pdq_plain;  // pdq_scalar.cpp once more, under another name and without -O3
}

namespace {

using egide::PdqHasher;
using egide::PdqPicture;
using egide::PdqResult;
using egide::kernels::PdqKernel;
using Pixels = std::vector<std::uint8_t>;

struct Scene {
  const char* name;
  std::uint32_t width, height, channels;
  std::size_t copies;  // pictures taken in turn: more than the caches hold, or one that stays in them
};

// 256 pictures of 512 x 512 are 201 MB: beyond any cache of this kind of machine.
constexpr Scene kScenes[] = {
    {"512x512 RGB, one picture", 512, 512, 3, 1},     {"512x512 RGB, 256 pictures in turn", 512, 512, 3, 256},
    {"512x512 grey, one picture", 512, 512, 1, 1},    {"1024x768 RGB, one picture", 1024, 768, 3, 1},
    {"4032x3024 RGB, one picture", 4032, 3024, 3, 1}, {"64x64 RGB, one picture", 64, 64, 3, 1},
};

struct Scratch {
  explicit Scratch(std::uint64_t bytes)
      : size(bytes), area(static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)), &std::free) {}
  std::uint64_t size;
  std::unique_ptr<std::byte, decltype(&std::free)> area;
};

// As the addon does it: all rows at once, into scratch that is already there.
PdqResult hash(const PdqPicture& picture, const PdqKernel& kernel, const Pixels& pixels, const Scratch& scratch) {
  PdqHasher hasher(picture, kernel, scratch.area.get());
  hasher.rows(pixels.data(), picture.height);
  return hasher.finish();
}

std::vector<Pixels> pictures_of(const Scene& scene) {
  std::vector<Pixels> pictures;
  for (std::size_t i = 0; i < scene.copies; ++i) {
    const Pixels rgb = egide::test::picture("waves", static_cast<std::uint32_t>(i), scene.width, scene.height);
    if (scene.channels == 3) {
      pictures.push_back(rgb);
      continue;
    }
    Pixels grey(rgb.size() / 3);
    for (std::size_t k = 0; k < grey.size(); ++k) grey[k] = rgb[3 * k];
    pictures.push_back(grey);
  }
  return pictures;
}

void measure(const Scene& scene, bool last) {
  const std::vector<Pixels> pictures = pictures_of(scene);
  const PdqPicture picture{scene.width, scene.height, scene.channels, egide::PdqMode::full_res};
  std::vector<const PdqKernel*> kernels{&egide::kernels::pdq_plain};
  std::vector<egide::bench::Contender> contenders{{"scalar, plain -O2", {}}};
  for (const PdqKernel& kernel : egide::kernels::pdq_kernels()) {
    if (!kernel.available()) continue;
    kernels.push_back(&kernel);
    contenders.push_back({kernel.name, {}});
  }
  std::vector<Scratch> scratch;
  for (const PdqKernel* kernel : kernels) scratch.emplace_back(PdqHasher::scratch_bytes(picture, *kernel));
  for (std::size_t i = 1; i < kernels.size(); ++i)
    for (std::size_t p = 0; p < pictures.size(); p += 37) {
      const PdqResult wanted = hash(picture, *kernels[0], pictures[p], scratch[0]);
      const PdqResult got = hash(picture, *kernels[i], pictures[p], scratch[i]);
      egide::bench::require(
          wanted.orientations == got.orientations && wanted.turned == got.turned && wanted.quality == got.quality,
          contenders[i].name + " on " + scene.name);
    }
  std::vector<std::size_t> next(kernels.size(), 0);
  egide::bench::interleave(contenders, [&](std::size_t i) {
    hash(picture, *kernels[i], pictures[next[i]], scratch[i]);
    next[i] = (next[i] + 1) % pictures.size();
  });
  std::printf("    {\"scene\": \"%s\", \"kernels\": [", scene.name);
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    egide::bench::print(contenders[i], i == 0);
    std::printf(", \"scratchBytes\": %llu}", static_cast<unsigned long long>(scratch[i].size));
  }
  std::printf("]}%s\n", last ? "" : ",");
}

// One turn of the twin for every line that comes in: another process compares itself with it, turn by turn.
int serve_twin(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  const Scene scene{"", width, height, channels, 1};
  const Pixels pixels = pictures_of(scene).front();
  const PdqPicture picture{width, height, channels, egide::PdqMode::full_res};
  const PdqKernel& twin = egide::kernels::pdq_plain;
  const Scratch scratch(PdqHasher::scratch_bytes(picture, twin));
  while (std::getchar() != EOF) {
    std::printf("%.3f\n", egide::bench::turn([&] { hash(picture, twin, pixels, scratch); }));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

// `pdq_bench` measures everything; `pdq_bench twin WIDTH HEIGHT CHANNELS` serves turns of the twin.
int main(int argc, char** argv) {
  if (argc == 5)
    return serve_twin(static_cast<std::uint32_t>(std::atoi(argv[2])), static_cast<std::uint32_t>(std::atoi(argv[3])),
                      static_cast<std::uint32_t>(std::atoi(argv[4])));
  std::printf("{\n  \"cpu\": \"%s\",\n  \"compiler\": \"%s\",\n  \"scenes\": [\n", egide::bench::cpu_name().c_str(),
              __VERSION__);
  const std::size_t count = std::size(kScenes);
  for (std::size_t i = 0; i < count; ++i) measure(kScenes[i], i + 1 == count);
  std::printf("  ]\n}\n");
}
