#include "core/patch/patch_search.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

#include "core/patch/patch_group.hpp"
#include "core/patch/patch_probe.hpp"

namespace egide {
namespace patch_search_of {

// Candidates agree in at least two features: of three that resemble each other by chance, hardly ever two do.
constexpr std::uint32_t kLeastAgreeing = 2;
// From this many images on, more of them agree by chance.
constexpr double kManyImages = 1e6;

std::uint64_t group_of(const PatchHit& hit) noexcept { return std::uint64_t{hit.image} << 8 | hit.query; }

// Drops most hits of groups that have fewer than `least`: nearly all groups have one. Groups are counted in a table
// several times as large as there are hits, in which two may share a place and then both stay.
void drop_lonely(std::vector<PatchHit>& hits, std::uint32_t least) {
  const int bits = std::max(10, static_cast<int>(std::bit_width(4 * hits.size())));
  std::vector<std::uint8_t> counts(std::size_t{1} << bits);
  // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
  const auto place = [&](const PatchHit& hit) { return group_of(hit) * 0x9e3779b97f4a7c15u >> (64 - bits); };
  for (const PatchHit& hit : hits) {
    std::uint8_t& count = counts[place(hit)];
    count = static_cast<std::uint8_t>(count + (count < UINT8_MAX ? 1 : 0));
  }
  std::erase_if(hits,
                [&](const PatchHit& hit) { return counts[place(hit)] < std::min<std::uint32_t>(least, UINT8_MAX); });
}

// By group, the nearest first.
void sort_hits(std::vector<PatchHit>& hits) {
  std::ranges::sort(hits, [](const PatchHit& a, const PatchHit& b) {
    const std::uint64_t first = group_of(a), second = group_of(b);
    if (first != second) return first < second;
    return std::tie(a.distance, a.feature, a.reference) < std::tie(b.distance, b.feature, b.reference);
  });
}

// Appends the candidates of one segment.
IndexError score_groups(std::span<const PatchSegment> segments, std::uint32_t number, std::vector<PatchHit>& hits,
                        GroupScorer& scorer, const PatchSearchOptions& options, std::vector<PatchCandidate>& found) {
  const PatchSegment& segment = segments[number];
  drop_lonely(hits, options.least_votes);
  sort_hits(hits);
  for (std::size_t begin = 0, end = 0; begin < hits.size(); begin = end) {
    while (end < hits.size() && group_of(hits[end]) == group_of(hits[begin])) ++end;
    if (end - begin < options.least_votes) continue;
    const std::uint32_t image = hits[begin].image;
    PatchImage read;
    if (const IndexError error = read_image(segment.index, image, read); error != IndexError::ok) return error;
    const GroupScore score = scorer.score(segment, read, std::span(hits).subspan(begin, end - begin));
    if (score.votes < options.least_votes || score.agreeing < kLeastAgreeing) continue;
    found.push_back(
        {number, image, segment.index.id(image), hits[begin].query, score.votes, score.agreeing, score.score});
  }
  return IndexError::ok;
}

void keep_best(std::vector<PatchCandidate>& candidates, std::size_t count) {
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(std::min(count, candidates.size()));
  std::partial_sort(candidates.begin(), end, candidates.end(), stands_before);
  candidates.erase(end, candidates.end());
}

bool matches_better(const PatchFound& a, const PatchFound& b) noexcept {
  if (a.match.tier != b.match.tier) return a.match.tier > b.match.tier;
  if (a.match.distinctive != b.match.distinctive) return a.match.distinctive > b.match.distinctive;
  const double left = a.match.geometry.log10_false_alarms, right = b.match.geometry.log10_false_alarms;
  if (left != right) return left < right;
  return std::tie(a.id, a.segment, a.image, a.match.variant) < std::tie(b.id, b.segment, b.image, b.match.variant);
}

}  // namespace patch_search_of

PatchSearchOptions patch_search_options(double images, bool deep) noexcept {
  const bool many = images >= patch_search_of::kManyImages;
  return {deep ? 16u : 8u, many ? 50u : 20u, many ? 4u : 3u, images};
}

bool stands_before(const PatchCandidate& a, const PatchCandidate& b) noexcept {
  return std::tie(b.score, b.agreeing, b.votes, a.id, a.query, a.segment, a.image) <
         std::tie(a.score, a.agreeing, a.votes, b.id, b.query, b.segment, b.image);
}

PatchCandidates patch_candidates(std::span<const PatchSegment> segments, std::span<const Query> queries,
                                 const PatchSearchOptions& options) {
  using namespace patch_search_of;
  PatchCandidates result;
  std::vector<PatchHit> hits;
  const std::uint32_t probes = std::clamp<std::uint32_t>(options.probes, 1, kMostProbes);
  for (std::uint32_t s = 0; s < segments.size() && result.error == IndexError::ok; ++s) {
    PatchProbe probe(segments[s], probes);
    hits.clear();
    for (std::size_t q = 0; q < queries.size() && result.error == IndexError::ok; ++q)
      result.error = probe.run(queries[q], static_cast<std::uint8_t>(q), hits);
    result.truncated |= probe.truncated();
    if (result.error != IndexError::ok || hits.empty()) continue;
    GroupScorer scorer(queries, hit_distance(segments[s].index.shape.width));
    result.error = score_groups(segments, s, hits, scorer, options, result.candidates);
    keep_best(result.candidates, options.candidates);
  }
  return result;
}

PatchSearch patch_verify(std::span<const PatchSegment> segments, const Patches& patches, std::span<const Query> queries,
                         std::span<const PatchCandidate> candidates, const PatchSearchOptions& options) {
  PatchSearch result;
  Reference reference;
  for (const PatchCandidate& candidate : candidates) {
    result.error = reference_at(segments[candidate.segment].index, candidate.image, reference);
    if (result.error != IndexError::ok) return result;
    PatchFound found{candidate.segment, candidate.image, candidate.id,
                     match_reference(patches, queries[candidate.query], reference, options.images,
                                     static_cast<std::uint32_t>(queries.size()))};
    if (found.match.tier == Tier::none) continue;
    const auto same = [&](const PatchFound& other) {
      return other.segment == found.segment && other.image == found.image;
    };
    const auto other = std::ranges::find_if(result.found, same);
    if (other == result.found.end())
      result.found.push_back(std::move(found));
    else if (patch_search_of::matches_better(found, *other))
      *other = std::move(found);
  }
  std::ranges::sort(result.found, patch_search_of::matches_better);
  return result;
}

PatchSearch patch_search(std::span<const PatchSegment> segments, const Patches& patches, std::span<const Query> queries,
                         const PatchSearchOptions& options) {
  const PatchCandidates candidates = patch_candidates(segments, queries, options);
  if (candidates.error != IndexError::ok) return {candidates.error, candidates.truncated, {}};
  PatchSearch result = patch_verify(segments, patches, queries, candidates.candidates, options);
  result.truncated = candidates.truncated;
  return result;
}

}  // namespace egide
