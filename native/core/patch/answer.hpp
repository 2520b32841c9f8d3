// Matches as plain numbers, which is how they pass through both doors (src/patch/answer.ts reads them).
#pragma once

#include "core/patch/match.hpp"

namespace egide {

/// Numbers of a match before its inliers: see `append_answer`.
inline constexpr std::size_t kAnswerNumbers = 32;
/// Numbers of an inlier: x and y in the query's working picture (of the variant), x and y in the reference's frame,
/// bits that the codes differ in.
inline constexpr std::size_t kInlierNumbers = 5;

/// Which reference a match is with.
struct AnswerOf {
  std::uint32_t image = 0, id = 0;
  /// Pixels of the enrolled picture.
  std::uint32_t width = 0, height = 0;
};

/// Appends: how many numbers these are; image, id, its width and height; variant, tier, model; independent, distinctive
/// and tentative features; log10 of the expected false alarms; agreement; heavily overlaid, shared element; width and
/// height of the frame and of the query's working picture; inliers, grid columns, grid rows; the nine of the matrix.
/// Then the inliers, then a number for each cell.
void append_answer(const AnswerOf& of, const PatchMatch& match, const Query& query, const Reference& reference,
                   std::vector<double>& numbers);

}  // namespace egide
