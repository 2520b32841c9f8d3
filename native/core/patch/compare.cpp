#include "core/patch/compare.hpp"

#include <bit>

#include "core/patch/answer.hpp"

namespace egide {
namespace {

// The surer of two matches; of equals the one with the lower variant.
bool surer(const PatchMatch& a, const PatchMatch& b) noexcept {
  if (a.tier != b.tier) return a.tier > b.tier;
  if (a.distinctive != b.distinctive) return a.distinctive > b.distinctive;
  return a.geometry.log10_false_alarms < b.geometry.log10_false_alarms;
}

}  // namespace

void compare(const Patches& patches, std::span<const std::uint8_t> record, std::uint32_t variants, double images,
             std::vector<double>& numbers) {
  Record read;
  if (read_record(record, read) != RecordError::ok) return;
  const Reference reference = reference_of(read);
  PatchMatch best;
  Query best_query;
  const auto count = static_cast<std::uint32_t>(std::popcount(variants & kAllVariants));
  for (std::uint32_t v = 0; v < 4; ++v) {
    if ((variants >> v & 1) == 0) continue;
    Query query = query_of(patches, static_cast<Variant>(v), static_cast<std::uint32_t>(patches.places.size()));
    PatchMatch match = match_reference(patches, query, reference, images, count);
    if (match.geometry.model == Model::none || !surer(match, best)) continue;
    best = std::move(match), best_query = std::move(query);
  }
  if (best.geometry.model == Model::none) return;
  append_answer({0, 0, read.shape.width, read.shape.height}, best, best_query, reference, numbers);
}

}  // namespace egide
