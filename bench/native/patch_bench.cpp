// Patches of one picture and of a pair: extraction by every kernel that this machine runs, as a whole and stage by
// stage, beside OpenCV's ORB and SIFT on the same luma; one pair compared; pictures made to be slow. Prints one JSON
// object. Answers are checked first.
//
// Usage: patch_bench FOLDER, in which bench/patch-data.mjs has written photographs (picture-0.ppm ..., 1,280 pixels
// wide) and an edited copy of the first (copy.ppm).
#include <functional>

#include "core/patch/compare.hpp"
#include "core/patch/describe.hpp"
#include "core/patch/match.hpp"
#include "core/patch/patches_format.hpp"
#include "patch_pictures.hpp"
#if defined(EGIDE_OPENCV)
#include "patch_opencv.hpp"
#endif

namespace {

using egide::bench::Contender;
using egide::bench::interleave;
using egide::bench::patches_of;
using egide::bench::Picture;
using egide::bench::require;
using egide::kernels::PatchKernel;

std::vector<const PatchKernel*> kernels_here() {
  std::vector<const PatchKernel*> kernels;
  for (const PatchKernel& kernel : egide::kernels::patch_kernels())
    if (kernel.available()) kernels.push_back(&kernel);
  return kernels;
}

/// A contender, and what one piece of its work is: on the picture of that number.
struct Way {
  std::string name, more;  // `more`: further members of its JSON object
  std::function<void(std::size_t)> work;
};

// Every way in its turn, each going round `count` pictures; prints `"TITLE": [...]`.
void measure(const char* title, const std::vector<Way>& ways, std::size_t count) {
  std::vector<Contender> contenders;
  for (const Way& way : ways) contenders.push_back({way.name, {}});
  std::vector<std::size_t> next(ways.size(), 0);
  interleave(contenders, [&](std::size_t i) { ways[i].work(next[i]++ % count); });
  std::printf(",\n  \"%s\": [", title);
  for (std::size_t i = 0; i < ways.size(); ++i) {
    egide::bench::print(contenders[i], i == 0);
    std::printf("%s}", ways[i].more.c_str());
  }
  std::printf("]");
}

std::string features(std::size_t count) { return ", \"features\": " + std::to_string(count); }

// From the luma of a working picture of 640 pixels to 500 features: the same bytes for all.
void measure_extraction(const std::vector<Picture>& lumas, const std::vector<const PatchKernel*>& kernels) {
  std::vector<Way> ways;
  for (const PatchKernel* kernel : kernels) {
    std::size_t count = 0;
    for (const Picture& luma : lumas) {
      const egide::Patches patches = patches_of(luma, egide::kLiteSide, egide::kQueryFeatures, *kernel);
      const egide::Patches wanted =
          patches_of(luma, egide::kLiteSide, egide::kQueryFeatures, egide::kernels::patch_scalar);
      require(egide::write_patches(patches) == egide::write_patches(wanted),
              std::string(kernel->name) + " on " + luma.name);
      count += patches.places.size();
    }
    ways.push_back({std::string("egide, ") + kernel->name, features(count / lumas.size()), [&, kernel](std::size_t i) {
                      patches_of(lumas[i], egide::kLiteSide, egide::kQueryFeatures, *kernel);
                    }});
  }
#if defined(EGIDE_OPENCV)
  for (const egide::bench::CvDetector& detector : egide::bench::cv_detectors()) {
    std::size_t count = 0;
    for (const Picture& luma : lumas) count += detector(luma).keypoints.size();
    require(count >= 100 * lumas.size(), detector.name + " finds hardly anything");
    ways.push_back(
        {detector.name, features(count / lumas.size()), [&, detector](std::size_t i) { detector(lumas[i]); }});
  }
#endif
  measure("extraction", ways, lumas.size());
}

// What a stage begins with: what the one before it has made of a picture.
struct Staged {
  std::uint32_t width, height;
  std::vector<float> luma;
  std::vector<egide::Octave> octaves;
  std::vector<egide::Keypoint> chosen;
};

void measure_stages(const std::vector<Picture>& pictures, const std::vector<const PatchKernel*>& kernels) {
  std::vector<Staged> staged;
  for (const Picture& picture : pictures) {
    const PatchKernel& kernel = *kernels.front();
    egide::WorkingPicture working = egide::bench::working_of(picture, egide::kLiteSide, kernel);
    Staged made{working.size().width, working.size().height, std::move(working).take_luma(), {}, {}};
    made.octaves = egide::pyramid_of(made.luma.data(), made.width, made.height, kernel);
    made.chosen = egide::chosen(made.octaves, egide::keypoints_of(made.octaves, kernel), egide::kQueryFeatures);
    staged.push_back(std::move(made));
  }
  std::vector<Way> ways;
  for (const PatchKernel* kernel : kernels) {
    const std::string more = std::string(", \"kernel\": \"") + kernel->name + "\"";
    ways.push_back({"working picture", more,
                    [&, kernel](std::size_t i) { egide::bench::working_of(pictures[i], egide::kLiteSide, *kernel); }});
    ways.push_back({"pyramid", more, [&, kernel](std::size_t i) {
                      egide::pyramid_of(staged[i].luma.data(), staged[i].width, staged[i].height, *kernel);
                    }});
    ways.push_back({"keypoints", more, [&, kernel](std::size_t i) {
                      const std::vector<egide::Octave>& octaves = staged[i].octaves;
                      egide::chosen(octaves, egide::keypoints_of(octaves, *kernel), egide::kQueryFeatures);
                    }});
    ways.push_back({"describing", more, [&, kernel](std::size_t i) {
                      std::size_t made = 0;
                      for (const egide::Keypoint& keypoint : staged[i].chosen) {
                        const egide::Octave& octave = staged[i].octaves[keypoint.octave];
                        const egide::Angles angles = egide::angles_of(octave, keypoint, *kernel);
                        for (std::uint32_t a = 0; a < angles.count && made < egide::kQueryFeatures; ++a, ++made)
                          egide::histogram_of(octave, keypoint, angles.radians[a], *kernel);
                      }
                      require(made > 0, "nothing to describe");
                    }});
  }
  measure("stages", ways, pictures.size());
}

// The copy against the photograph that it was made of (0), and against another one (1).
void measure_matching(const Picture& copy, const std::vector<Picture>& lumas, const PatchKernel& kernel) {
  const egide::Patches patches = patches_of(copy, egide::kLiteSide, egide::kQueryFeatures, kernel);
  const egide::Query query = egide::query_of(patches, egide::Variant::normal, egide::kQueryFeatures);
  std::vector<std::vector<std::uint8_t>> records;
  std::vector<egide::Reference> references;
  for (std::size_t i : {0, 1}) {
    const egide::Patches enrolled = patches_of(lumas[i], egide::kLiteSide, egide::kStandardFeatures, kernel);
    records.push_back(egide::write_record(enrolled, egide::kStandardFeatures, 16, true));
  }
  for (const std::vector<std::uint8_t>& bytes : records) {
    egide::Record record;
    require(egide::read_record(bytes, record) == egide::RecordError::ok, "a record");
    references.push_back(egide::reference_of(record));
  }
  const egide::PatchMatch same = egide::match_reference(patches, query, references[0], 1, 1);
  require(same.tier == egide::Tier::confirmed, "the copy is confirmed");
  require(egide::match_reference(patches, query, references[1], 1, 1).tier == egide::Tier::none,
          "another picture is no copy");
  const auto inliers = [](std::size_t count) { return ", \"inliers\": " + std::to_string(count); };
  const std::string mine = inliers(same.geometry.inliers.size());
  std::vector<Way> ways{
      {"egide, one variant", mine, [&](std::size_t i) { egide::match_reference(patches, query, references[i], 1, 1); }},
      {"egide, two variants, from bytes", mine, [&](std::size_t i) {
         std::vector<double> numbers;
         egide::compare(patches, records[i], egide::kPlainVariants, 1, numbers);
       }}};
#if defined(EGIDE_OPENCV)
  std::vector<egide::bench::CvFeatures> asked, known[2];
  for (const egide::bench::CvDetector& detector : egide::bench::cv_detectors()) {
    asked.push_back(detector(copy));
    for (std::size_t i : {0, 1}) known[i].push_back(detector(lumas[i]));
  }
  for (const egide::bench::CvMatcher& matcher : egide::bench::cv_matchers()) {
    const std::size_t d = matcher.detector;
    const int found = matcher(asked[d], known[0][d]), stray = matcher(asked[d], known[1][d]);
    require(found >= 15 && stray < 15, matcher.name + ": " + std::to_string(found) + " inliers with the original, " +
                                           std::to_string(stray) + " with another picture");
    ways.push_back({matcher.name, inliers(static_cast<std::size_t>(found)),
                    [&, matcher, d](std::size_t i) { matcher(asked[d], known[i][d]); }});
  }
#endif
  const auto only = [&](std::size_t pair) {
    std::vector<Way> fixed = ways;
    for (Way& way : fixed) {
      way.work = [work = way.work, pair](std::size_t) { work(pair); };
      if (pair > 0) way.more.clear();
    }
    return fixed;
  };
  measure("copies", only(0), 1);
  measure("strangers", only(1), 1);
}

// At each long side with the number of features that goes with it, beside photographs of that size.
void measure_hostile(const std::vector<Picture>& photographs, const PatchKernel& kernel) {
  const struct {
    std::uint32_t side, features;
    const char* title;
  } uses[] = {{egide::kLiteSide, egide::kQueryFeatures, "hostileLite"},
              {egide::kDeepSide, egide::kDeepFeatures, "hostileDeep"}};
  for (const auto& use : uses) {
    std::vector<Picture> lumas;
    for (const Picture& photograph : photographs) lumas.push_back(egide::bench::luma_of(photograph, use.side));
    const std::vector<Picture> hostile = egide::bench::hostile_pictures(use.side);
    std::vector<Way> ways{{"photographs", "", [&](std::size_t i) {
                             patches_of(lumas[i % lumas.size()], use.side, use.features, kernel);
                           }}};
    for (const Picture& picture : hostile) {
      const egide::WorkingPicture working = egide::bench::working_of(picture, use.side, kernel);
      const std::vector<float> luma = egide::WorkingPicture(working).take_luma();
      const std::size_t found =
          egide::keypoints_of(egide::pyramid_of(luma.data(), use.side, use.side, kernel), kernel).size();
      ways.push_back({picture.name, ", \"keypoints\": " + std::to_string(found),
                      [&](std::size_t) { patches_of(picture, use.side, use.features, kernel); }});
    }
    measure(use.title, ways, lumas.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  require(argc == 2, "usage: patch_bench FOLDER");
  const std::string folder = argv[1];
  std::vector<Picture> pictures, lumas;
  for (int i = 0; i < 5; ++i) {
    pictures.push_back(egide::bench::read_ppm(folder + "/picture-" + std::to_string(i) + ".ppm"));
    lumas.push_back(egide::bench::luma_of(pictures.back(), egide::kLiteSide));
  }
  const Picture copy = egide::bench::luma_of(egide::bench::read_ppm(folder + "/copy.ppm"), egide::kLiteSide);
  const std::vector<const PatchKernel*> kernels = kernels_here();
#if defined(EGIDE_OPENCV)
  const std::string opencv = "\"" CV_VERSION "\"";
#else
  const std::string opencv = "null";
  std::fprintf(stderr, "OpenCV is skipped: it was not there when this was built (Debian: libopencv-dev)\n");
#endif
  std::printf("{\n  \"cpu\": \"%s\",\n  \"compiler\": \"%s\",\n  \"opencv\": %s", egide::bench::cpu_name().c_str(),
              __VERSION__, opencv.c_str());
  measure_extraction(lumas, kernels);
  measure_stages(pictures, kernels);
  measure_matching(copy, lumas, *kernels.front());
  measure_hostile(pictures, *kernels.front());
  std::printf("\n}\n");
}
