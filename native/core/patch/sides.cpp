// The two sides of a comparison, as match.hpp has them.
#include <algorithm>

#include "core/patch/match.hpp"

namespace egide {

Query query_of(const Patches& patches, Variant variant, std::uint32_t max_features) {
  Query query;
  query.variant = variant;
  query.width = static_cast<float>(patches.width), query.height = static_cast<float>(patches.height);
  const std::size_t count = std::min({patches.places.size(), patches.histograms.size(), std::size_t{max_features}});
  query.places.reserve(count), query.codes.reserve(count), query.keys.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Histogram histogram = histogram_in(variant, patches.histograms[i]);
    query.places.push_back(place_in(variant, patches.places[i], query.width));
    query.codes.push_back(code_of(histogram));
    query.keys.push_back(key_of(histogram));
  }
  return query;
}

Reference reference_of(const Record& record) {
  const RecordShape& shape = record.shape;
  const auto width = static_cast<float>(shape.width), height = static_cast<float>(shape.height);
  const float longest = std::max({width, height, 1.0F});
  Reference reference;
  reference.width = kReferenceSide * width / longest, reference.height = kReferenceSide * height / longest;
  reference.narrow = shape.code_bytes == 8;
  reference.grid_columns = shape.grid_columns, reference.grid_rows = shape.grid_rows, reference.grid = record.grid;
  reference.places.reserve(shape.feature_count), reference.codes.reserve(shape.feature_count);
  reference.stops.reserve(shape.feature_count);
  for (std::uint32_t i = 0; i < shape.feature_count; ++i) {
    reference.places.push_back(record.place(i));
    reference.codes.push_back(record.code(i));
    reference.stops.push_back(record.stop(i) ? 1 : 0);
  }
  return reference;
}

}  // namespace egide
