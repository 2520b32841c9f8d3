// Least-squares fits of plane transforms to pairs of points.
#pragma once

#include <span>

#include "core/patch/transform.hpp"

namespace egide {

/// A place in the picture asked about and the one that it should come to, and how much the pair counts: one over the
/// variance of its error, in 1 / px^2 of the reference.
struct PointPair {
  Point query, reference;
  double weight;
};

/// The transform of that model under which the pairs lie nearest to one another. An affine or a projective one is a
/// correction to the similarity, held near it by what corrections are usual: pairs that say nothing about shear or
/// perspective (few, collinear, close together) leave both out. False, and `matrix` as it was, if the pairs determine
/// no transform, or one that no picture undergoes: mirrored, stretched beyond kMaxStretch, a horizon between the pairs.
bool fit(Model model, std::span<const PointPair> pairs, Matrix& matrix) noexcept;

}  // namespace egide
