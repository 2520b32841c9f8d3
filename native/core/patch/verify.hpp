// Geometry: is there one transform under which many features of two pictures lie on one another? Deterministic, no
// random sampling.
#pragma once

#include "core/patch/feature.hpp"
#include "core/patch/transform.hpp"

namespace egide {

/// A feature of the picture asked about that resembles one of the reference.
struct Correspondence {
  std::uint32_t query, reference;
  /// Bits that their codes differ in.
  std::uint32_t distance;
};

struct Geometry {
  Model model = Model::none;
  /// Takes the query's working pixels (of its variant) to the reference's frame.
  Matrix matrix{};
  /// Numbers of the correspondences that agree.
  std::vector<std::uint32_t> inliers;
  /// Those among them at places of their own (more than 4 px apart in both pictures).
  std::uint32_t independent = 0;
  /// Query features that have a correspondence among those looked at.
  std::uint32_t tentative = 0;
  /// log10 of the number of such agreements to expect by chance; 0 if there is none. Necessary, not sufficient.
  double log10_false_alarms = 0;
};

struct VerifyInit {
  std::span<const Place> query, reference;
  /// Of the reference's frame, pixels (long side kReferenceSide).
  float width, height;
  /// Pictures that the query is compared with, for the expected number of false alarms.
  double images;
  std::uint32_t variants;
};

/// Correspondences that are looked at, and those among them that propose a transform: the nearest.
inline constexpr std::size_t kMaxCorrespondences = 1000, kMaxHypotheses = 400;

/// Sorts `correspondences` by distance (ties by query, then reference), so that their order does not matter. Those that
/// number no place, or a place that is none (not finite, no scale), are passed over.
Geometry verify(const VerifyInit& init, std::vector<Correspondence>& correspondences);

}  // namespace egide
