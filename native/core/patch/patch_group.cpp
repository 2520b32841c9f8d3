#include "core/patch/patch_group.hpp"

#include <algorithm>
#include <cmath>

#include "core/patch/arithmetic.hpp"

namespace egide {
namespace patch_group {

// Two correspondences agree if one maps the other's place to within this of where it should be, in pixels of the
// reference's frame: a constant, and a part of the distance of the two, for what their scales and directions are wrong
// by. And if those differ by at most so much: e^0.55 in scale, half a radian in direction (measured on attacked copies,
// as in verify.cpp).
constexpr double kPixels = 6, kPart = 0.12, kScale = 1.7332530178673953, kCosine = 0.87758256189037276;
// Features of one place are one: less than this apart in the reference's frame, pixels.
constexpr double kApart = 4;
// What a correspondence weighs at the largest distance.
constexpr std::uint32_t kLeastWeight = 4;

}  // namespace patch_group

GroupScorer::GroupScorer(std::span<const Query> queries, std::uint32_t max_distance) : max_distance_(max_distance) {
  std::size_t most = 0;
  for (const Query& query : queries) {
    std::vector<Pose>& poses = queries_.emplace_back();
    poses.reserve(query.places.size());
    for (const Place& place : query.places) poses.push_back(pose_of(place));
    most = std::max(most, query.places.size());
  }
  voted_.resize(most), paired_.resize(most), paired_reference_.resize(kMaxPatches);
}

GroupScorer::Pose GroupScorer::pose_of(const Place& place) const noexcept {
  const arithmetic::SinCos turn = arithmetic::sin_cos_of(place.angle);
  return {place.x, place.y, place.sigma, turn.cos, turn.sin};
}

GroupScore GroupScorer::score(const PatchSegment& segment, const PatchImage& image, std::span<const PatchHit> hits) {
  GroupScore best;
  std::uint32_t votes = 0;
  const std::size_t count = pair_up(segment, image, hits, votes);
  for (std::size_t seed = 0; seed < count; ++seed) {
    const GroupScore score = agreeing_with(seed, count);
    if (score.score > best.score) best = score;
  }
  best.votes = votes;
  return best;
}

// Fills `pairs_` and returns how many there are.
std::size_t GroupScorer::pair_up(const PatchSegment& segment, const PatchImage& image, std::span<const PatchHit> hits,
                                 std::uint32_t& votes) {
  const Index& index = segment.index;
  std::size_t count = 0;
  ++group_;
  for (const PatchHit& hit : hits) {
    if (voted_[hit.feature] != group_) voted_[hit.feature] = group_, ++votes;
    if (count == kMostAgreeing || paired_[hit.feature] == group_ || paired_reference_[hit.reference] == group_)
      continue;
    paired_[hit.feature] = paired_reference_[hit.reference] = group_;
    const Pose& from = queries_[hit.query][hit.feature];
    const std::uint64_t feature = std::uint64_t{image.first} + hit.reference;
    const Pose to = pose_of(unpack_place(read_u32(index.bytes + index.layout.places + 4 * feature)));
    pairs_[count++] = {from.x,
                       from.y,
                       to.x,
                       to.y,
                       to.sigma / from.sigma,
                       to.cosine * from.cosine + to.sine * from.sine,
                       to.sine * from.cosine - to.cosine * from.sine,
                       max_distance_ + patch_group::kLeastWeight - hit.distance};
  }
  return count;
}

GroupScore GroupScorer::agreeing_with(std::size_t seed, std::size_t count) const noexcept {
  using namespace patch_group;
  const Pair& from = pairs_[seed];
  const double cosine = from.ratio * from.cosine, sine = from.ratio * from.sine;
  GroupScore score;
  std::array<std::uint8_t, kMostAgreeing> agreeing;
  for (std::size_t i = 0; i < count; ++i) {
    const Pair& pair = pairs_[i];
    const double dx = pair.x - from.x, dy = pair.y - from.y;
    const double off_x = from.to_x + cosine * dx - sine * dy - pair.to_x,
                 off_y = from.to_y + sine * dx + cosine * dy - pair.to_y;
    const double slack = kPixels + kPart * from.ratio * std::sqrt(dx * dx + dy * dy);
    const bool agrees = off_x * off_x + off_y * off_y <= slack * slack && pair.ratio <= from.ratio * kScale &&
                        from.ratio <= pair.ratio * kScale &&
                        pair.cosine * from.cosine + pair.sine * from.sine >= kCosine;
    if (!agrees) continue;
    const auto same_place = [&](std::uint8_t other) {
      const double x = pairs_[other].to_x - pair.to_x, y = pairs_[other].to_y - pair.to_y;
      return x * x + y * y < kApart * kApart;
    };
    if (std::any_of(agreeing.begin(), agreeing.begin() + score.agreeing, same_place)) continue;
    agreeing[score.agreeing++] = static_cast<std::uint8_t>(i);
    score.score += pair.weight;
  }
  return score;
}

}  // namespace egide
