#include "core/patch/ask.hpp"

#include "core/patch/answer.hpp"

namespace egide {

Asked ask(std::span<const PatchSegment> segments, const Patches& patches, std::uint32_t variants, bool deep,
          double images) {
  if (!(images > 0)) {
    images = 0;
    for (const PatchSegment& segment : segments) images += static_cast<double>(segment.index.shape.images);
  }
  std::vector<Query> queries;
  for (std::uint32_t v = 0; v < 4; ++v)
    if ((variants >> v & 1) != 0)
      queries.push_back(query_of(patches, static_cast<Variant>(v), static_cast<std::uint32_t>(patches.places.size())));
  const PatchSearch search = patch_search(segments, patches, queries, patch_search_options(images, deep));
  Asked asked{search.error, search.truncated, {}};
  for (const PatchFound& found : search.found) {
    const Index& index = segments[found.segment].index;
    PatchImage image;
    Reference reference;
    asked.error = read_image(index, found.image, image);
    if (asked.error == IndexError::ok) asked.error = reference_at(index, found.image, reference);
    if (asked.error != IndexError::ok) return asked;
    for (const Query& query : queries)
      if (query.variant == found.match.variant)
        append_answer({found.image, found.id, image.width, image.height}, found.match, query, reference, asked.numbers);
  }
  return asked;
}

}  // namespace egide
