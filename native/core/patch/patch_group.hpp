// The hits of one image in one variant: do they agree on where the image lies?
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/patch/patch_probe.hpp"

namespace egide {

struct GroupScore {
  std::uint32_t votes = 0, agreeing = 0, score = 0;
};

/// Scores groups of hits. A correspondence of two features, each with a place, a scale and a direction, proposes one
/// similarity by itself; those that agree with it are counted.
class GroupScorer {
 public:
  GroupScorer(std::span<const Query> queries, std::uint32_t max_distance);

  /// Hits of one image and query, nearest first. Of hits that share a feature of either picture the nearest counts, and
  /// the nearest `kMostAgreeing` of what is left.
  GroupScore score(const PatchSegment& segment, const PatchImage& image, std::span<const PatchHit> hits);

 private:
  static constexpr std::size_t kMostAgreeing = 48;

  /// Where a feature lies; the direction as cosine and sine.
  struct Pose {
    double x, y, sigma, cosine, sine;
  };
  /// The query's place, the image's, and from the one to the other: times how much larger, turned by what.
  struct Pair {
    double x, y, to_x, to_y, ratio, cosine, sine;
    std::uint32_t weight;
  };

  Pose pose_of(const Place& place) const noexcept;
  std::size_t pair_up(const PatchSegment& segment, const PatchImage& image, std::span<const PatchHit> hits,
                      std::uint32_t& votes);
  GroupScore agreeing_with(std::size_t seed, std::size_t count) const noexcept;

  std::uint32_t max_distance_;
  std::vector<std::vector<Pose>> queries_;
  std::array<Pair, kMostAgreeing> pairs_;
  // For each feature of a query, and of an image: the last group that it voted, and was paired, in.
  std::vector<std::uint32_t> voted_, paired_, paired_reference_;
  std::uint32_t group_ = 0;
};

}  // namespace egide
