// Geometry: is there one transform under which many features of two pictures lie on one another? Deterministic, no
// random sampling.
#pragma once

#include "core/patch/feature.hpp"

namespace egide {

/// A feature of the picture asked about that resembles one of the reference.
struct Correspondence {
  std::uint32_t query, reference;
  /// Bits that their codes differ in.
  std::uint32_t distance;
};

enum class Model : std::uint8_t { none = 0, similarity = 1, affine = 2, homography = 3 };

struct Geometry {
  Model model = Model::none;
  /// Row-major, maps the query's working pixels (of its variant) to the reference's frame.
  std::array<double, 9> matrix{};
  /// Numbers of the correspondences that agree.
  std::vector<std::uint32_t> inliers;
  /// Those among them at places of their own (more than 4 px apart in both pictures).
  std::uint32_t independent = 0;
  /// Query features that have any correspondence.
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

/// Sorts `correspondences` by distance (ties by query, then reference).
Geometry verify(const VerifyInit& init, std::vector<Correspondence>& correspondences);

}  // namespace egide
