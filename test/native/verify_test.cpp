#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "core/patch/verify.hpp"
#include "patch_worlds.hpp"

using egide::Correspondence;
using egide::Geometry;
using egide::Matrix;
using egide::Model;
using egide::Place;
using egide::verify;
using egide::test::greatest_error;
using egide::test::Random;
using egide::test::similarity_of;
using egide::test::World;

namespace {

std::uint32_t right_ones(const Geometry& geometry, const World& world, std::uint32_t copied) {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      geometry.inliers, [&](std::uint32_t i) { return world.correspondences[i].query < copied; }));
}

}  // namespace

TEST_CASE("a similarity is found among three strangers to each copy, at any turn and scale") {
  for (const double scale : {0.25, 0.8, 1.0, 3.0})
    for (const double angle : {0.0, 0.3, 1.5, 3.1, -2.0}) {
      const Matrix middle = similarity_of(scale, angle, 0, 0);
      const Matrix truth =
          similarity_of(scale, angle, 320 - middle[0] * 400 - middle[1] * 300, 240 - middle[3] * 400 - middle[4] * 300);
      World world(7, truth, 60, 180, 0.6);
      const Geometry found = verify(world.init(), world.correspondences);
      CAPTURE(scale);
      CAPTURE(angle);
      CHECK(found.model == Model::similarity);
      CHECK(greatest_error(found.matrix, truth) < 0.5);
      CHECK(right_ones(found, world, 60) >= 57);
      CHECK(found.inliers.size() <= right_ones(found, world, 60) + 2);
      CHECK(found.independent >= 40);
      CHECK(found.tentative == 240);
      CHECK(found.log10_false_alarms < -80);
    }
}

TEST_CASE("a stretched copy is affine, and found to half a pixel") {
  for (const double stretch : {1.1, 1.33, 1.8}) {
    const double wider = std::sqrt(stretch);
    const Matrix truth = {0.8 * wider, 0.1, -50, -0.1, 0.8 / wider, 60, 0, 0, 1};
    World world(11, truth, 80, 160, 0.6);
    const Geometry found = verify(world.init(), world.correspondences);
    CAPTURE(stretch);
    CHECK(found.model == Model::affine);
    CHECK(greatest_error(found.matrix, truth) < 0.8);
    CHECK(right_ones(found, world, 80) >= 72);
  }
}

TEST_CASE("a picture photographed from aside is a homography, and found to a pixel") {
  for (const double tilt : {1e-4, 3e-4, 6e-4, 1e-3}) {
    const Matrix truth = {0.9, 0.05, 10, -0.05, 0.95, 5, tilt, tilt / 3, 1};
    World world(13, truth, 100, 200, 0.6);
    const Geometry found = verify(world.init(), world.correspondences);
    CAPTURE(tilt);
    CHECK(found.model == Model::homography);
    CHECK(greatest_error(found.matrix, truth) < 1.2);
    CHECK(right_ones(found, world, 100) >= 90);
  }
}

TEST_CASE("eight copies among three hundred strangers are found, and their transform is no more than they tell") {
  std::uint32_t found_ones = 0;
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    const Matrix truth = similarity_of(0.7, 0.4, 120, -60);
    World world(seed, truth, 8, 300, 0.6);
    const Geometry found = verify(world.init(), world.correspondences);
    if (right_ones(found, world, 8) < 7) continue;
    ++found_ones;
    CHECK(found.model != Model::homography);
    CHECK(found.log10_false_alarms < -3);
  }
  CHECK(found_ones >= 48);
}

TEST_CASE("noise never verifies") {
  double least = 0;
  std::uint32_t most = 0;
  for (std::uint32_t seed = 1; seed <= 2000; ++seed) {
    World world(seed * 7919, similarity_of(1, 0, 0, 0), 0, 20 + seed % 300, 0);
    const Geometry found = verify(world.init(), world.correspondences);
    least = std::min(least, found.log10_false_alarms);
    most = std::max(most, found.independent);
  }
  CHECK(least > -2);
  CHECK(most < 8);
}

TEST_CASE("the order in which correspondences come does not matter") {
  World world(17, similarity_of(0.8, 0.2, 30, 20), 50, 150, 0.6), turned = world;
  std::ranges::reverse(turned.correspondences);
  std::ranges::rotate(turned.correspondences, turned.correspondences.begin() + 77);
  const Geometry a = verify(world.init(), world.correspondences), b = verify(turned.init(), turned.correspondences);
  CHECK(a.matrix == b.matrix);
  CHECK(a.inliers == b.inliers);
  CHECK(a.log10_false_alarms == b.log10_false_alarms);
  CHECK(std::ranges::equal(world.correspondences, turned.correspondences,
                           [](const Correspondence& x, const Correspondence& y) { return x.query == y.query; }));
}

TEST_CASE("no correspondences, and fewer than four, are no geometry") {
  for (std::uint32_t copied = 0; copied < 4; ++copied) {
    World world(19, similarity_of(1, 0, 0, 0), copied, 0, 0);
    const Geometry found = verify(world.init(), world.correspondences);
    CHECK(found.model == Model::none);
    CHECK(found.inliers.empty());
    CHECK(found.log10_false_alarms == 0);
    CHECK(found.tentative == copied);
  }
}

TEST_CASE("places that are none are passed over") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const std::vector<Place> broken = {{nan, 1, 2, 0},      {1, nan, 2, 0},       {1, 1, nan, 0},   {1, 1, 2, nan},
                                     {infinity, 1, 2, 0}, {1, -infinity, 2, 0}, {1, 1, 0, 0},     {1, 1, -2, 0},
                                     {1, 1, infinity, 0}, {1, 1, 2, infinity},  {1e30F, 1, 2, 0}, {1, 1, 1e-30F, 0}};
  World world(23, similarity_of(1, 0, 0, 0), 20, 0, 0.3);
  const std::size_t whole = world.query.size();
  for (const Place& place : broken) {
    world.pair(place, {1, 1, 2, 0}, 0);
    world.pair({1, 1, 2, 0}, place, 0);
  }
  world.correspondences.push_back({9999, 0, 0});
  world.correspondences.push_back({0, 9999, 0});
  const Geometry found = verify(world.init(), world.correspondences);
  CHECK(found.inliers.size() == whole);
  CHECK(found.tentative == whole);
}

TEST_CASE("a thousand features at one place, or equal correspondences, are no geometry") {
  World one_place(29, similarity_of(1, 0, 0, 0), 0, 0, 0);
  for (int i = 0; i < 3000; ++i) one_place.pair({100, 100, 2, 0}, {50, 50, 2, 0}, 3);
  CHECK(verify(one_place.init(), one_place.correspondences).model == Model::none);

  World equal(31, similarity_of(1, 0, 0, 0), 5, 0, 0);
  for (int i = 0; i < 50000; ++i) equal.correspondences.push_back({0, 0, 0});
  CHECK(verify(equal.init(), equal.correspondences).model == Model::none);
}

TEST_CASE("collinear features tell of no shear") {
  Random random{37};
  World line(37, similarity_of(1, 0, 0, 0), 0, 0, 0);
  for (int i = 0; i < 30; ++i) {
    const auto x = static_cast<float>(20 * i), off = static_cast<float>(random.between(-0.5, 0.5));
    line.pair({x, 200, 3, 0}, {x, 150 + off, 3, 0}, 4);
  }
  const Geometry found = verify(line.init(), line.correspondences);
  CHECK(found.model == Model::similarity);
  CHECK(found.independent == 30);
  CHECK(greatest_error(found.matrix, similarity_of(1, 0, 0, -50)) < 3);
}

TEST_CASE("frames without extent and endless lists of pictures do no harm") {
  for (const float side : {0.0F, -1.0F, std::numeric_limits<float>::quiet_NaN()})
    for (const double images : {0.0, -1.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
      World world(41, similarity_of(1, 0, 0, 0), 20, 20, 0.3);
      auto init = world.init();
      init.width = init.height = side, init.images = images;
      CHECK(verify(init, world.correspondences).log10_false_alarms == doctest::Approx(0).epsilon(400));
    }
}
