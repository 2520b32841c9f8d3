// One picture against one reference: which features resemble each other, under which transform they agree, and how far
// that can be trusted.
#pragma once

#include "core/patch/agreement.hpp"
#include "core/patch/code.hpp"
#include "core/patch/record.hpp"
#include "core/patch/verify.hpp"

namespace egide {

/// A picture that is asked about, in one of its variants: worked out once, compared with many references.
struct Query {
  Variant variant = Variant::normal;
  float width = 0, height = 0;
  std::vector<Place> places;
  std::vector<Code> codes;
  std::vector<Key> keys;
};
Query query_of(const Patches& patches, Variant variant, std::uint32_t max_features);

/// A reference, unpacked from a record or an index.
struct Reference {
  /// Of its frame, pixels (long side kReferenceSide).
  float width = 0, height = 0;
  /// Whether codes have 64 bits only.
  bool narrow = false;
  std::vector<Place> places;
  std::vector<Code> codes;
  /// 1 for features that are seen everywhere: they take part in the geometry and prove nothing.
  std::vector<std::uint8_t> stops;
  std::uint32_t grid_columns = 0, grid_rows = 0;
  const std::uint8_t* grid = nullptr;
};
Reference reference_of(const Record& record);

/// How far a match can be trusted (docs/patches.md): measured on pictures, not a probability.
enum class Tier : std::uint8_t { none = 0, weak = 1, probable = 2, confirmed = 3 };

struct PatchMatch {
  Variant variant = Variant::normal;
  Tier tier = Tier::none;
  Geometry geometry;
  /// The correspondences that the geometry's inliers number.
  std::vector<Correspondence> correspondences;
  /// Inliers that are no stop features and resemble nothing else in either picture, at places of their own.
  std::uint32_t distinctive = 0;
  /// Share of the grid's visible windows that look the same, 0 to 1; negative without a grid or without enough of it.
  double agreement = -1;
  /// Per cell of the grid; empty without one.
  std::vector<CellState> cells;
  /// Much of what should be seen is covered, or little more than an element (a logo, a sticker) is shared: never both,
  /// and no more than a guess where a picture is both.
  bool heavily_overlaid = false, shared_element = false;
};

/// `images` and `variants`: how many pictures the query is compared with, in how many variants; they enter the expected
/// number of false alarms. `query` is made of `patches`, whose luma the grid is compared with.
PatchMatch match_reference(const Patches& patches, const Query& query, const Reference& reference, double images,
                           std::uint32_t variants);

}  // namespace egide
