#include "core/image/borders.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace egide {
namespace borders {

// The numbers below were set on 20 photographs under the attacks of `egide bench attacks` (docs/images.md, "Frames").

// How far a sample of a flat border may be from the border's colour: noise of JPEG down to quality 30.
constexpr int kFlatTolerance = 12;
// One sample in so many may be further away: ringing around what was drawn on the border.
constexpr std::uint32_t kOutliers = 32;
// How far the colour may move on the way inwards: a gradient moves by the whole tolerance.
constexpr int kDrift = 4;
// Lines at an edge that may be a mixture of both sides: resizing and JPEG blur an edge by this.
constexpr std::uint32_t kMixedLines = 2;
// A sample that changes by more from one line to the next but one lies on an edge.
constexpr int kStep = 12;
// Share of the samples of a line, over 64, that change at once where a picture lies on its blurred copy, and share
// above which what is on the way there is not blurred.
constexpr std::uint32_t kEdgeShare = 20, kSharpShare = 9;
// Less than this share of a side is no picture.
constexpr std::uint32_t kLeastLeft = 4;
// Less than this share of a side is no border: a cell of those that PDQ hashes.
constexpr std::uint32_t kLeastBorder = 64;

// A part of the samples, from `from` up to but without `to`.
struct Span {
  std::uint32_t from, to;
  std::uint32_t size() const noexcept { return to - from; }
};

struct Rect {
  Span x, y;
};

enum class Side : std::uint8_t { top, bottom, left, right };

// The lines of a part of the picture as they are met on the way from one side inwards.
struct Lines {
  const std::uint8_t* first;
  std::ptrdiff_t line_step, sample_step;
  std::uint32_t count, samples;

  int at(std::uint32_t line, std::uint32_t sample) const noexcept {
    return first[static_cast<std::ptrdiff_t>(line) * line_step + static_cast<std::ptrdiff_t>(sample) * sample_step];
  }
};

Lines lines_from(Side side, const std::uint8_t* luma, std::uint32_t columns, const Rect& rect) noexcept {
  const auto at = [&](std::uint32_t x, std::uint32_t y) { return luma + std::size_t{y} * columns + x; };
  const std::ptrdiff_t down = columns;
  switch (side) {
    case Side::top:
      return {at(rect.x.from, rect.y.from), down, 1, rect.y.size(), rect.x.size()};
    case Side::bottom:
      return {at(rect.x.from, rect.y.to - 1), -down, 1, rect.y.size(), rect.x.size()};
    case Side::left:
      return {at(rect.x.from, rect.y.from), 1, down, rect.x.size(), rect.y.size()};
    default:
      return {at(rect.x.to - 1, rect.y.from), -1, down, rect.x.size(), rect.y.size()};
  }
}

int median_of(const Lines& lines, std::uint32_t line) noexcept {
  std::array<std::uint32_t, 256> counts{};
  for (std::uint32_t i = 0; i < lines.samples; ++i) ++counts[static_cast<std::size_t>(lines.at(line, i))];
  std::uint32_t below = 0;
  int level = 0;
  while ((below += counts[static_cast<std::size_t>(level)]) <= lines.samples / 2) ++level;
  return level;
}

bool has_colour(const Lines& lines, std::uint32_t line, int colour) noexcept {
  std::uint32_t outliers = 0;
  for (std::uint32_t i = 0; i < lines.samples; ++i)
    outliers += std::abs(lines.at(line, i) - colour) > kFlatTolerance ? 1 : 0;
  return outliers * kOutliers <= lines.samples;
}

// Lines of one colour; all of them if the picture is flat.
std::uint32_t flat_lines(const Lines& lines) noexcept {
  if (lines.count <= kMixedLines) return 0;
  const int colour = median_of(lines, kMixedLines);
  std::uint32_t depth = kMixedLines;
  while (depth < lines.count && has_colour(lines, depth, colour)) ++depth;
  if (depth == kMixedLines || depth == lines.count) return depth == kMixedLines ? 0 : depth;
  return std::abs(median_of(lines, depth * 3 / 4) - colour) <= kDrift ? depth : 0;
}

// Samples of a line that differ from what is so many lines further in.
std::uint32_t changing(const Lines& lines, std::uint32_t line, std::uint32_t further) noexcept {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < lines.samples; ++i)
    count += std::abs(lines.at(line + further, i) - lines.at(line, i)) > kStep ? 1 : 0;
  return count;
}

// Samples of a line that differ from the next but one along the line.
std::uint32_t detailed(const Lines& lines, std::uint32_t line) noexcept {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i + 2 < lines.samples; ++i)
    count += std::abs(lines.at(line, i + 2) - lines.at(line, i)) > kStep ? 1 : 0;
  return count;
}

// Blurred lines that end all at once, in an edge along most of the side; 0 if there are none.
std::uint32_t blurred_lines(const Lines& lines) noexcept {
  const std::uint32_t edge_samples = lines.samples * kEdgeShare / 64, sharp_samples = lines.samples * kSharpShare / 64;
  for (std::uint32_t line = 0; line + 2 * kMixedLines < lines.count / 2; ++line) {
    if (detailed(lines, line) > sharp_samples) return 0;
    if (changing(lines, line, kMixedLines) <= sharp_samples) continue;
    std::uint32_t most = 0, steepest = 0, edge = 0;
    for (std::uint32_t near = line; near <= line + kMixedLines; ++near) {
      most = std::max(most, changing(lines, near, kMixedLines));
      if (const std::uint32_t share = changing(lines, near, 1); share > steepest) steepest = share, edge = near + 1;
    }
    return most > edge_samples ? edge : 0;
  }
  return 0;
}

// Takes `lines` off one side; whether any were there.
bool take(Side side, std::uint32_t lines, Rect& rect) noexcept {
  if (side == Side::top) rect.y.from += lines;
  if (side == Side::bottom) rect.y.to -= lines;
  if (side == Side::left) rect.x.from += lines;
  if (side == Side::right) rect.x.to -= lines;
  return lines > 0;
}

struct Samples {
  const std::uint8_t* luma;
  std::uint32_t columns, rows;

  bool is_picture(const Rect& rect) const noexcept {
    return rect.x.size() * kLeastLeft >= columns && rect.y.size() * kLeastLeft >= rows;
  }

  // Takes flat borders off all sides.
  bool without_flat(Rect& rect) const noexcept {
    bool taken = false;
    for (const Side side : {Side::top, Side::bottom, Side::left, Side::right}) {
      taken |= take(side, flat_lines(lines_from(side, luma, columns, rect)), rect);
      if (!is_picture(rect)) return false;
    }
    return taken;
  }

  // Takes a blurred copy off two sides that face each other, or off all.
  bool without_blurred(Rect& rect) const noexcept {
    bool taken = false;
    for (const auto [one, other] : {std::array{Side::top, Side::bottom}, std::array{Side::left, Side::right}}) {
      const std::uint32_t near = blurred_lines(lines_from(one, luma, columns, rect));
      const std::uint32_t far = near == 0 ? 0 : blurred_lines(lines_from(other, luma, columns, rect));
      if (far > 0) taken = take(one, near, rect) && take(other, far, rect);
    }
    return taken && is_picture(rect);
  }
};

// Where the samples lie: each in the middle of its share of the side.
std::uint32_t place_of(std::uint32_t sample, std::uint32_t samples, std::uint32_t side) noexcept {
  return static_cast<std::uint32_t>((2 * std::uint64_t{sample} + 1) * side / (2 * std::uint64_t{samples}));
}

// The pixel at which a part begins whose first sample is `sample`: half-way from the one before.
std::uint32_t edge_of(std::uint32_t sample, std::uint32_t samples, std::uint32_t side) noexcept {
  if (sample == 0) return 0;
  if (sample == samples) return side;
  return (place_of(sample - 1, samples, side) + place_of(sample, samples, side) + 1) / 2;
}

}  // namespace borders

BorderFinder::BorderFinder(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                           std::uint8_t* luma) noexcept
    : width_(width),
      height_(height),
      channels_(channels),
      columns_(std::min(width, kBorderSamples)),
      rows_(std::min(height, kBorderSamples)),
      luma_(luma) {
  for (std::uint32_t i = 0; i < columns_; ++i) offsets_[i] = borders::place_of(i, columns_, width) * channels;
}

std::size_t BorderFinder::luma_bytes(std::uint32_t width, std::uint32_t height) noexcept {
  return std::size_t{std::min(width, kBorderSamples)} * std::min(height, kBorderSamples);
}

std::uint32_t BorderFinder::wanted_row() const noexcept { return borders::place_of(rows_done_, rows_, height_); }

void BorderFinder::row(const std::uint8_t* pixels) noexcept {
  std::uint8_t* out = luma_ + std::size_t{rows_done_++} * columns_;
  for (std::uint32_t i = 0; i < columns_; ++i) {
    const std::uint8_t* pixel = pixels + offsets_[i];
    // ITU-R BT.601 in 256ths, as patches take it.
    out[i] =
        channels_ < 3 ? pixel[0] : static_cast<std::uint8_t>((77 * pixel[0] + 150 * pixel[1] + 29 * pixel[2]) >> 8);
  }
}

std::uint32_t BorderFinder::finish(std::span<PictureBox, kFrames> inner) const noexcept {
  using namespace borders;
  const Samples samples{luma_, columns_, rows_};
  Rect told{{0, columns_}, {0, rows_}}, rect = told;
  const auto worth = [](const Span& outer, const Span& left, std::uint32_t side) {
    return left.size() < outer.size() && (outer.size() - left.size()) * kLeastBorder >= side;
  };
  std::uint32_t count = 0;
  for (std::uint32_t pass = 0; pass < kFrames; ++pass) {
    Rect next = rect;
    if (!samples.without_flat(next)) {
      next = rect;
      if (!samples.without_blurred(next)) break;
    }
    rect = next;
    if (!worth(told.x, rect.x, columns_) && !worth(told.y, rect.y, rows_)) continue;
    told = rect;
    const std::uint32_t left = edge_of(rect.x.from, columns_, width_), top = edge_of(rect.y.from, rows_, height_);
    inner[count++] = {left, top, edge_of(rect.x.to, columns_, width_) - left, edge_of(rect.y.to, rows_, height_) - top};
  }
  return count;
}

}  // namespace egide
