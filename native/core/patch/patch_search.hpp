// Which images of a bank a picture is an edited copy of: candidates by votes of their features, each then compared in
// full.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/patch/match.hpp"
#include "core/patch/patch_index.hpp"

namespace egide {

struct PatchSearchOptions {
  /// Buckets that each feature is looked for in, 1 to 64: 8, or 16 to find small and much changed copies.
  std::uint32_t probes = 8;
  /// Candidates that are compared in full. An image may be one in several variants.
  std::uint32_t candidates = 20;
  /// Features of a picture that must resemble some of an image in one variant, for it to be a candidate.
  std::uint32_t least_votes = 3;
  /// Images of the whole bank, which the expected number of false alarms grows with.
  double images = 0;
};
/// What a bank of that many images asks for: of a million or more, 50 candidates of 4 votes, since more images agree by
/// chance (measured on 4,500 pictures and extrapolated).
PatchSearchOptions patch_search_options(double images, bool deep) noexcept;

/// An image that may be a copy.
struct PatchCandidate {
  /// Which of the segments, the image in it, and its id.
  std::uint32_t segment, image, id;
  /// Number of the query, that is of the variant.
  std::uint32_t query;
  /// Features of the query that resemble some of the image, and those of them that agree on one similarity.
  std::uint32_t votes, agreeing;
  /// The agreeing ones, each weighted by how near its code is.
  std::uint32_t score;
};
struct PatchCandidates {
  IndexError error = IndexError::ok;
  /// Whether `kMostHits` cut something off.
  bool truncated = false;
  std::vector<PatchCandidate> candidates;
};

/// The `options.candidates` images with the highest scores; ties by agreeing features, votes, id, and query. What an
/// image scores depends on it and the queries alone: segments, or several calls over the parts of a bank whose best are
/// put together in the same order, give what one index of all images gives, as long as nothing was cut off.
///
/// `queries` are the variants of one picture, at most 255. An image that is only in stop features like it, or removed,
/// is no candidate. Where the index contradicts itself, the error says so.
PatchCandidates patch_candidates(std::span<const PatchSegment> segments, std::span<const Query> queries,
                                 const PatchSearchOptions& options);
/// Whether one stands before another.
bool stands_before(const PatchCandidate& a, const PatchCandidate& b) noexcept;

struct PatchFound {
  std::uint32_t segment, image, id;
  PatchMatch match;
};
struct PatchSearch {
  IndexError error = IndexError::ok;
  bool truncated = false;
  std::vector<PatchFound> found;
};

/// Compares candidates in full. Those that match come by tier, then by distinctive inliers, then by how unlikely chance
/// is, then by id; of an image, its best variant alone.
PatchSearch patch_verify(std::span<const PatchSegment> segments, const Patches& patches, std::span<const Query> queries,
                         std::span<const PatchCandidate> candidates, const PatchSearchOptions& options);

/// Both.
PatchSearch patch_search(std::span<const PatchSegment> segments, const Patches& patches, std::span<const Query> queries,
                         const PatchSearchOptions& options);

}  // namespace egide
