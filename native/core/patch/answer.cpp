#include "core/patch/answer.hpp"

namespace egide {

void append_answer(const AnswerOf& of, const PatchMatch& match, const Query& query, const Reference& reference,
                   std::vector<double>& numbers) {
  const Geometry& geometry = match.geometry;
  const std::size_t start = numbers.size();
  const auto put = [&numbers](auto... values) { (numbers.push_back(static_cast<double>(values)), ...); };
  put(0, of.image, of.id, of.width, of.height);
  put(match.variant, match.tier, geometry.model, geometry.independent, match.distinctive, geometry.tentative);
  put(geometry.log10_false_alarms, match.agreement, match.heavily_overlaid, match.shared_element);
  put(reference.width, reference.height, query.width, query.height);
  put(geometry.inliers.size(), match.cells.empty() ? 0 : reference.grid_columns,
      match.cells.empty() ? 0 : reference.grid_rows);
  for (const double value : geometry.matrix) put(value);
  numbers.resize(start + kAnswerNumbers);
  for (const std::uint32_t number : geometry.inliers) {
    const Correspondence& pair = match.correspondences[number];
    const Place& asked = query.places[pair.query];
    const Place& found = reference.places[pair.reference];
    put(asked.x, asked.y, found.x, found.y, pair.distance);
  }
  for (const CellState cell : match.cells) put(cell);
  numbers[start] = static_cast<double>(numbers.size() - start);
}

}  // namespace egide
