#include "core/patch/match.hpp"

#include <algorithm>

#include "core/patch/hull.hpp"
#include "core/patch/nearest.hpp"

namespace egide {
namespace matching {
namespace {

// Measured on photographs, edited copies and user interfaces: docs/patches.md.
struct CodeLimits {
  /// Bits within which two codes resemble each other. Of the pairs that different photographs have, 1.5 (wide) and 1.4
  /// (narrow) in 10,000 do; of those of a keypoint and its copy, 96 and 93 in 100.
  std::uint32_t tentative;
  /// A feature is distinctive if nothing else is less than this many bits further away than its partner.
  std::uint32_t distinctive;
};
constexpr CodeLimits kWide = {26, 6}, kNarrow = {11, 4};

// Pixels: what lies nearer is the feature itself, seen at another scale or orientation; distinctive ones keep a
// distance, as inliers do.
constexpr float kElsewhere = 12, kApart = 4;

constexpr std::uint32_t kConfirmedFeatures = 10, kProbableFeatures = 6, kWeakFeatures = 4;
constexpr double kConfirmedAlarms = -8, kProbableAlarms = -6, kConfirmedAgreement = 0.60;
// Agreement: two screens of one program, or pictures under one caption, reached 0.57; of copies that show as many
// features 19 in 20 lie above 0.6, the others being mostly covered.
// Where this share of the grid's windows agrees, in at least so many of them, fewer features do, and chance is ruled
// out: of unrelated photographs with four distinctive features in common none reached 0.4, of copies shown small,
// blurred or cropped to a fifth nearly all 0.98.
constexpr double kSureAgreement = 0.90;
constexpr std::size_t kSureProbableWindows = 60, kSureConfirmedWindows = 100;
// Below this agreement a copy is labelled; one is that a twentieth of either picture has in common.
constexpr double kWholeAgreement = 0.60, kElementShare = 0.05;
// Where less than this share of what both show has features in common, the rest is taken for another picture, not for
// a cover: of a copy that is half covered the other half still agrees.
constexpr double kSpannedShare = 0.25;

const CodeLimits& limits_of(const Reference& reference) noexcept { return reference.narrow ? kNarrow : kWide; }

std::vector<Correspondence> resembling(const Query& query, const Reference& reference) {
  std::vector<Correspondence> pairs;
  NearCode nearest[2];
  for (std::uint32_t q = 0; q < query.codes.size(); ++q) {
    const std::size_t count =
        two_nearest(query.codes[q], reference.codes, limits_of(reference).tentative, reference.narrow, nearest);
    for (std::size_t i = 0; i < count; ++i) pairs.push_back({q, nearest[i].code, nearest[i].distance});
  }
  return pairs;
}

bool together(const Place& a, const Place& b) noexcept {
  const float dx = a.x - b.x, dy = a.y - b.y;
  return dx * dx + dy * dy < kApart * kApart;
}

// Inliers that prove something: no stop features, at places of their own, and neither of the two features resembles
// anything else in the other picture nearly as much. Repetitive textures agree in hundreds of pairs and have none.
std::uint32_t count_distinctive(const Query& query, const Reference& reference, const PatchMatch& match) {
  std::vector<Correspondence> kept;
  for (const std::uint32_t inlier : match.geometry.inliers) {
    const Correspondence& pair = match.correspondences[inlier];
    const Place &q = query.places[pair.query], &r = reference.places[pair.reference];
    if (reference.stops[pair.reference] != 0) continue;
    if (std::ranges::any_of(kept, [&](const Correspondence& other) {
          return together(query.places[other.query], q) || together(reference.places[other.reference], r);
        }))
      continue;
    const std::uint32_t limit = pair.distance + limits_of(reference).distinctive;
    if (resembles_elsewhere(query.codes[pair.query], r, reference.codes, reference.places, limit, kElsewhere,
                            reference.narrow) ||
        resembles_elsewhere(reference.codes[pair.reference], q, query.codes, query.places, limit, kElsewhere,
                            reference.narrow))
      continue;
    kept.push_back(pair);
  }
  return static_cast<std::uint32_t>(kept.size());
}

// Windows of the grid that agree, where nearly all of those that can be compared do.
std::size_t sure_windows(const PatchMatch& match) noexcept {
  if (match.agreement < kSureAgreement) return 0;
  return static_cast<std::size_t>(std::ranges::count(match.cells, CellState::same));
}

Tier tier_of(const PatchMatch& match, bool has_grid) noexcept {
  const double alarms = match.geometry.log10_false_alarms;
  const std::size_t sure = sure_windows(match);
  if (match.distinctive >= kConfirmedFeatures && alarms <= kConfirmedAlarms &&
      (!has_grid || match.agreement >= kConfirmedAgreement))
    return Tier::confirmed;
  if (match.distinctive >= kProbableFeatures && sure >= kSureConfirmedWindows) return Tier::confirmed;
  if (match.distinctive >= kProbableFeatures && alarms <= kProbableAlarms) return Tier::probable;
  if (match.distinctive >= kWeakFeatures && sure >= kSureProbableWindows) return Tier::probable;
  return match.distinctive >= kWeakFeatures ? Tier::weak : Tier::none;
}

// Labels what is a copy only in part. A twentieth of both pictures is an element that they share. Where the grid
// disagrees it depends: if inliers span most of what should be seen, something lies over it.
// `visible`: the share of the reference that the query shows.
void label(const Query& query, const Reference& reference, double visible, PatchMatch& match) {
  std::vector<Point> in_query, in_reference;
  for (const std::uint32_t inlier : match.geometry.inliers) {
    const Correspondence& pair = match.correspondences[inlier];
    in_query.push_back({query.places[pair.query].x, query.places[pair.query].y});
    in_reference.push_back({reference.places[pair.reference].x, reference.places[pair.reference].y});
  }
  const double of_query = area_of(convex_hull(std::move(in_query))) / (double{query.width} * query.height);
  const double of_reference =
      area_of(convex_hull(std::move(in_reference))) / (double{reference.width} * reference.height);
  const bool disagrees = match.agreement >= 0 && match.agreement < kWholeAgreement;
  match.shared_element = (of_query < kElementShare && of_reference < kElementShare) ||
                         (disagrees && of_reference < kSpannedShare * visible);
  match.heavily_overlaid = disagrees && !match.shared_element;
}

}  // namespace
}  // namespace matching

PatchMatch match_reference(const Patches& patches, const Query& query, const Reference& reference, double images,
                           std::uint32_t variants) {
  PatchMatch match;
  match.variant = query.variant;
  match.correspondences = matching::resembling(query, reference);
  match.geometry = verify({query.places, reference.places, reference.width, reference.height, images, variants},
                          match.correspondences);
  if (match.geometry.model == Model::none) return match;
  match.distinctive = matching::count_distinctive(query, reference, match);
  const bool has_grid = reference.grid_columns > 0 && reference.grid_rows > 0 && reference.grid != nullptr;
  if (match.distinctive < matching::kWeakFeatures) return match;
  double visible = 1;
  if (has_grid) {
    const FramedGrid grid{
        {reference.grid_columns, reference.grid_rows}, reference.grid, reference.width, reference.height};
    Agreement agreement = agreement_of(grid, patches, query.variant, match.geometry.matrix);
    match.agreement = agreement.share, match.cells = std::move(agreement.cells);
    visible = agreement.visible;
  }
  match.tier = matching::tier_of(match, has_grid);
  matching::label(query, reference, visible, match);
  return match;
}

}  // namespace egide
