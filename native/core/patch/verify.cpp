#include "core/patch/verify.hpp"

#include <algorithm>
#include <cmath>

#include "core/patch/arithmetic.hpp"
#include "core/patch/fit.hpp"

namespace egide {
namespace verifying {
namespace {

using Numbers = std::vector<std::uint32_t>;

// One matching pair proposes a similarity, and others support it that lie where it takes them: a weak geometric
// consistency (Jegou, Douze & Schmid 2008). How far off a pair may be: pixels, and more with the distance from the
// seed, as the seed's angle and scale are uncertain; a turn of 0.5 radians, as its cosine squared; a scale of e^0.55,
// squared.
constexpr float kSeedPixels = 6, kSeedShare = 0.12F, kSeedTurn = 0.770151F, kSeedScale = 3.004166F;
// What a pair may be off a fit: 0.75 radians and e^0.8, as above.
constexpr double kTurn = 0.535369, kScale = 4.953032;
// Pixels at the fits of a similarity, at those of an affine transform, at those of a homography, and in the end. With
// the middle ones copies stretched by 1.8 are found as often as others (measured on 38 photographs).
constexpr double kSimilarityPixels[] = {12, 8}, kAffinePixels[] = {12, 10, 8, 7, 5},
                 kProjectivePixels[] = {14, 10, 8, 5};
constexpr double kInlierPixels = 5;
// Shares of all turns and of all scales that a chance pair hits within the limits of a fit.
constexpr double kTurnShare = 1.5 / arithmetic::kTurn, kScaleShare = 0.5;

constexpr std::size_t kFewest = 4, kFewestAffine = 5, kFewestProjective = 10;  // pairs that a fit is tried with
constexpr std::size_t kGrown = 6;                                              // proposals that are fitted
constexpr double kApart = 4;  // pixels between places that count as two
// A fit that loses more than this share of its pairs has gone astray.
constexpr double kKept = 0.6;

// Variance of a keypoint's place, px^2: what rounding leaves, and the share of its scale that it wanders. Measured on
// 38 photographs in 14 edits: a tenth of the fits are more than 0.27 px off in the median place, without shares 0.30.
constexpr double kPlaceVariance = 0.25, kWandering = 0.1;
// Pairs beyond a few standard deviations lose their weight (Cauchy's, tuned by Holland & Welsch 1977).
constexpr double kCauchy = 2.385 * 2.385;
constexpr int kPolishRounds = 4;

// Keypoints beyond these are of no working picture; within them nothing overflows.
constexpr float kFarthest = 1e5F, kMostTurned = 1e5F, kLeastSigma = 1e-2F, kGreatestSigma = 1e4F;

bool usable(const Place& place) noexcept {  // false for NaN
  return std::fabs(place.x) <= kFarthest && std::fabs(place.y) <= kFarthest && std::fabs(place.angle) <= kMostTurned &&
         place.sigma >= kLeastSigma && place.sigma <= kGreatestSigma;
}

struct Fitted {
  Model model = Model::none;
  Matrix matrix{};
  Numbers inliers;
  std::uint32_t independent = 0;
};

class Search {
 public:
  Search(const VerifyInit& init, std::span<const Correspondence> correspondences);
  Fitted best();
  std::uint32_t tentative() noexcept;
  /// Numbers of the correspondences that pairs are.
  Numbers numbers_of(const Numbers& pairs) const;

 private:
  std::size_t size() const noexcept { return number_.size(); }
  Point query_at(std::size_t i) const noexcept { return {qx_[i], qy_[i]}; }
  Point reference_at(std::size_t i) const noexcept { return {rx_[i], ry_[i]}; }
  bool claim(std::size_t pair) noexcept;
  void compare_with(std::size_t seed) noexcept;
  std::uint32_t support(std::size_t seed, Numbers* supporters);
  double squared_error(const Matrix& matrix, std::size_t pair) const noexcept;
  bool agrees(const Matrix& matrix, std::size_t pair, double pixels) const noexcept;
  Numbers gather(const Matrix& matrix, double pixels);
  bool refit(Model model, const Numbers& pairs, const Matrix* before, Matrix& matrix);
  bool grow(std::size_t seed, Fitted& fitted);
  void extend(Model model, std::span<const double> pixels, std::size_t fewest, Fitted& fitted);
  void polish(Fitted& fitted);
  double criterion(const Fitted& fitted, const Numbers& pool) const noexcept;
  std::uint32_t independent(const Numbers& pairs) const;

  // One element a pair, nearest codes first. `cos_` and `sin_` are of the angle from query to reference, times the
  // scale, whose square is `square_`.
  Numbers number_, query_, reference_;
  std::vector<float> qx_, qy_, rx_, ry_, cos_, sin_, square_;
  std::vector<double> weight_;
  // A feature is taken if its stamp is the newest.
  Numbers query_stamps_, reference_stamps_;
  std::uint32_t stamp_ = 0;
  std::vector<std::uint32_t> near_;
  std::vector<PointPair> point_pairs_;
};

Search::Search(const VerifyInit& init, std::span<const Correspondence> correspondences)
    : query_stamps_(init.query.size()), reference_stamps_(init.reference.size()) {
  for (std::uint32_t i = 0; i < correspondences.size() && size() < kMaxCorrespondences; ++i) {
    const Correspondence& pair = correspondences[i];
    if (pair.query >= init.query.size() || pair.reference >= init.reference.size()) continue;
    const Place &q = init.query[pair.query], &r = init.reference[pair.reference];
    if (!usable(q) || !usable(r)) continue;
    const float scale = r.sigma / q.sigma;
    const auto [sine, cosine] = arithmetic::sin_cos_of(double{r.angle} - q.angle);
    number_.push_back(i), query_.push_back(pair.query), reference_.push_back(pair.reference);
    qx_.push_back(q.x), qy_.push_back(q.y), rx_.push_back(r.x), ry_.push_back(r.y);
    cos_.push_back(scale * static_cast<float>(cosine)), sin_.push_back(scale * static_cast<float>(sine));
    square_.push_back(scale * scale);
    const double wandering = kWandering * r.sigma;
    weight_.push_back(1 / (kPlaceVariance + wandering * wandering));
  }
  near_.resize(size());
}

// Takes both features of the pair, unless one is taken.
bool Search::claim(std::size_t pair) noexcept {
  std::uint32_t &q = query_stamps_[query_[pair]], &r = reference_stamps_[reference_[pair]];
  if (q == stamp_ || r == stamp_) return false;
  q = r = stamp_;
  return true;
}

// Distinct query features.
std::uint32_t Search::tentative() noexcept {
  ++stamp_;
  std::uint32_t count = 0;
  for (const std::uint32_t q : query_)
    if (query_stamps_[q] != stamp_) query_stamps_[q] = stamp_, ++count;
  return count;
}

Numbers Search::numbers_of(const Numbers& pairs) const {
  Numbers numbers;
  for (const std::uint32_t pair : pairs) numbers.push_back(number_[pair]);
  return numbers;
}

// Sets near_[j] to 1 where pair j agrees with the similarity that the seed proposes, else to 0. Flat and without
// branches or roots, so that compilers do several pairs at once.
void Search::compare_with(std::size_t seed) noexcept {
  const float sx = qx_[seed], sy = qy_[seed], tx = rx_[seed], ty = ry_[seed];
  const float c = cos_[seed], s = sin_[seed], square = square_[seed];
  const std::size_t count = size();
  const auto bit = [](bool holds) { return static_cast<std::uint32_t>(holds); };
  for (std::size_t j = 0; j < count; ++j) {
    const float dx = qx_[j] - sx, dy = qy_[j] - sy;
    const float ex = tx + c * dx - s * dy - rx_[j], ey = ty + s * dx + c * dy - ry_[j];
    // e <= pixels + share d: e^2 - pixels^2 - share^2 d^2 <= 2 pixels share d, and both sides are squared once more.
    const float d2 = (dx * dx + dy * dy) * square;
    const float rest = ex * ex + ey * ey - kSeedPixels * kSeedPixels - kSeedShare * kSeedShare * d2;
    const float limit = 4 * kSeedPixels * kSeedPixels * kSeedShare * kSeedShare * d2;
    const float along = c * cos_[j] + s * sin_[j];
    near_[j] = (bit(rest <= 0) | bit(rest * rest <= limit)) & bit(along > 0) &
               bit(along * along >= kSeedTurn * square * square_[j]) & bit(square_[j] <= kSeedScale * square) &
               bit(square <= kSeedScale * square_[j]);
  }
}

// How many pairs agree with the seed, each feature once; they too, if asked for.
std::uint32_t Search::support(std::size_t seed, Numbers* supporters) {
  compare_with(seed);
  ++stamp_;
  std::uint32_t count = 0;
  for (std::uint32_t j = 0; j < size(); ++j) {
    if (near_[j] == 0 || !claim(j)) continue;
    ++count;
    if (supporters != nullptr) supporters->push_back(j);
  }
  return count;
}

double Search::squared_error(const Matrix& matrix, std::size_t pair) const noexcept {
  Point p;
  if (!project(matrix, query_at(pair), p)) return double{kFarthest} * kFarthest;
  const double ex = p.x - rx_[pair], ey = p.y - ry_[pair];
  return ex * ex + ey * ey;
}

// Whether the pair lies where the transform takes it, turned and scaled as the transform does there.
bool Search::agrees(const Matrix& m, std::size_t pair, double pixels) const noexcept {
  const Point q = query_at(pair);
  Point p;
  if (!project(m, q, p)) return false;
  const double ex = p.x - rx_[pair], ey = p.y - ry_[pair];
  if (!(ex * ex + ey * ey <= pixels * pixels)) return false;
  // The similarity nearest to the derivative.
  const double z = 2 * (m[6] * q.x + m[7] * q.y + m[8]);
  const double a = (m[0] - p.x * m[6] + m[4] - p.y * m[7]) / z, b = (m[3] - p.y * m[6] - m[1] + p.x * m[7]) / z;
  const double square = a * a + b * b, along = a * cos_[pair] + b * sin_[pair];
  return along > 0 && along * along >= kTurn * square * square_[pair] && square <= kScale * square_[pair] &&
         square_[pair] <= kScale * square;
}

Numbers Search::gather(const Matrix& matrix, double pixels) {
  Numbers pairs;
  ++stamp_;
  for (std::uint32_t j = 0; j < size(); ++j)
    if (agrees(matrix, j, pixels) && claim(j)) pairs.push_back(j);
  return pairs;
}

// Fits the pairs; those that are far off under the transform before count less.
bool Search::refit(Model model, const Numbers& pairs, const Matrix* before, Matrix& matrix) {
  point_pairs_.clear();
  for (const std::uint32_t pair : pairs) {
    double weight = weight_[pair];
    if (before != nullptr) weight /= 1 + weight * squared_error(*before, pair) / kCauchy;
    point_pairs_.push_back({query_at(pair), reference_at(pair), weight});
  }
  return fit(model, point_pairs_, matrix);
}

// Goes on from a transform to one of that model, with tolerances that tighten. `fitted` stays as it was before the
// step that fails.
void Search::extend(Model model, std::span<const double> pixels, std::size_t fewest, Fitted& fitted) {
  for (const double tolerance : pixels) {
    Matrix matrix{};
    if (fitted.inliers.size() < fewest || !refit(model, fitted.inliers, &fitted.matrix, matrix)) return;
    Numbers inliers = gather(matrix, tolerance);
    if (inliers.size() < kFewest ||
        static_cast<double>(inliers.size()) < kKept * static_cast<double>(fitted.inliers.size()))
      return;
    fitted.model = model, fitted.matrix = matrix, fitted.inliers = std::move(inliers);
  }
}

void Search::polish(Fitted& fitted) {
  fitted.inliers = gather(fitted.matrix, kInlierPixels);
  for (int round = 0; round < kPolishRounds && fitted.inliers.size() >= kFewest; ++round) {
    Matrix matrix{};
    if (!refit(fitted.model, fitted.inliers, &fitted.matrix, matrix)) break;
    Numbers inliers = gather(matrix, kInlierPixels);
    const bool settled = inliers == fitted.inliers;
    fitted.matrix = matrix, fitted.inliers = std::move(inliers);
    if (settled && round > 0) break;
  }
}

// Schwarz's criterion (1978) in bits: how badly the model fits the pool, and what its parameters cost. Beyond three
// standard deviations pairs count alike, so that no model wins by reaching for one stranger more.
double Search::criterion(const Fitted& fitted, const Numbers& pool) const noexcept {
  constexpr double kFar = 9, kPerfect = 0.01;  // of the variance expected: what is nearer is not told apart
  const auto observed = 2 * static_cast<double>(pool.size());
  const double parameters = 2 + 2 * static_cast<double>(fitted.model), freedom = observed - parameters;
  double sum = 0;
  for (const std::uint32_t pair : pool) sum += std::min(weight_[pair] * squared_error(fitted.matrix, pair), kFar);
  if (!(freedom > 0)) return 1e300;
  return observed * arithmetic::log2_of(sum / freedom + kPerfect) + parameters * arithmetic::log2_of(observed);
}

// From a seed to the simplest transform that explains the pairs around it; false if too few agree.
bool Search::grow(std::size_t seed, Fitted& fitted) {
  Fitted similar;
  support(seed, &similar.inliers);
  if (similar.inliers.size() < kFewest || !refit(Model::similarity, similar.inliers, nullptr, similar.matrix))
    return false;
  similar.model = Model::similarity;
  // Of a stretched copy a similarity holds near the seed alone: the affine fit begins there too and reaches further.
  Fitted affine = similar;
  extend(Model::similarity, kSimilarityPixels, kFewest, similar);
  extend(Model::affine, kAffinePixels, kFewestAffine, affine);
  Fitted projective = affine;
  projective.inliers = gather(projective.matrix, kProjectivePixels[0]);
  extend(Model::homography, kProjectivePixels, kFewestProjective, projective);

  Fitted models[] = {std::move(similar), std::move(affine), std::move(projective)};
  const Numbers* pool = &models[0].inliers;
  for (Fitted& model : models) {
    polish(model);
    if (model.inliers.size() > pool->size()) pool = &model.inliers;
  }
  double least = 1e301;
  for (const Fitted& model : models) {
    if (model.inliers.size() < kFewest) continue;
    const double bits = criterion(model, *pool);
    if (bits < least) least = bits, fitted = model;
  }
  fitted.independent = independent(fitted.inliers);
  return least < 1e300;
}

// How many pairs remain if those are left out that lie at an earlier one's place in either picture.
std::uint32_t Search::independent(const Numbers& pairs) const {
  const auto together = [](Point a, Point b) {
    const double dx = a.x - b.x, dy = a.y - b.y;
    return dx * dx + dy * dy < kApart * kApart;
  };
  Numbers kept;
  for (const std::uint32_t j : pairs)
    if (std::ranges::none_of(kept, [&](std::uint32_t i) {
          return together(query_at(i), query_at(j)) || together(reference_at(i), reference_at(j));
        }))
      kept.push_back(j);
  return static_cast<std::uint32_t>(kept.size());
}

Fitted Search::best() {
  struct Seed {
    std::uint32_t support, pair;
  };
  std::vector<Seed> seeds;
  for (std::uint32_t i = 0; i < std::min(size(), kMaxHypotheses); ++i)
    if (const std::uint32_t count = support(i, nullptr); count >= kFewest) seeds.push_back({count, i});
  std::ranges::sort(seeds, [](const Seed& a, const Seed& b) {
    return a.support != b.support ? a.support > b.support : a.pair < b.pair;
  });
  Fitted best;
  std::size_t grown = 0;
  for (const Seed& seed : seeds) {
    if (grown == kGrown) break;
    // Inliers of the best so far would lead to it again.
    if (std::ranges::find(best.inliers, seed.pair) != best.inliers.end()) continue;
    ++grown;
    Fitted fitted;
    if (grow(seed.pair, fitted) && fitted.independent > best.independent) best = std::move(fitted);
  }
  return best;
}

// log10 of n choose k.
double log10_choose(std::size_t n, std::size_t k) noexcept {
  double sum = 0;
  for (std::size_t i = 1; i <= k; ++i)
    sum += arithmetic::log10_of(static_cast<double>(n - k + i) / static_cast<double>(i));
  return sum;
}

// An a-contrario bound (Moisan & Stival 2004): pairs beyond those that fix the transform lie by chance where it takes
// them, at its turn and scale, each independently.
double log10_false_alarms(const VerifyInit& init, const Geometry& found) noexcept {
  const std::size_t fixing = found.model == Model::homography ? 4 : 3;
  const std::size_t n = found.tentative, k = std::min(found.independent, found.tentative);
  if (k <= fixing) return 0;
  const double area = std::max(1.0, double{init.width} * init.height);  // false for NaN: 1
  const double chance =
      std::min(1.0, arithmetic::kPi * kInlierPixels * kInlierPixels / area) * kTurnShare * kScaleShare;
  const double asked = std::max(1.0, init.images) * std::max(1U, init.variants) * static_cast<double>(n);
  return arithmetic::log10_of(asked) + log10_choose(n - fixing, k - fixing) +
         static_cast<double>(k - fixing) * arithmetic::log10_of(chance);
}

}  // namespace
}  // namespace verifying

Geometry verify(const VerifyInit& init, std::vector<Correspondence>& correspondences) {
  std::ranges::sort(correspondences, [](const Correspondence& a, const Correspondence& b) {
    if (a.distance != b.distance) return a.distance < b.distance;
    return a.query != b.query ? a.query < b.query : a.reference < b.reference;
  });
  verifying::Search search(init, correspondences);
  Geometry geometry;
  geometry.tentative = search.tentative();
  const verifying::Fitted best = search.best();
  if (best.independent < verifying::kFewest) return geometry;
  geometry.model = best.model, geometry.matrix = best.matrix, geometry.independent = best.independent;
  geometry.inliers = search.numbers_of(best.inliers);
  geometry.log10_false_alarms = verifying::log10_false_alarms(init, geometry);
  return geometry;
}

}  // namespace egide
