// Where the picture lies inside a frame: bars and borders of one colour, and a blurred copy of the picture behind it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace egide {

/// Samples that a picture is looked at in, a side at most: an edge is found to 1/768 of the side, an eighth of the
/// cells whose means PDQ hashes (64 a side), and a picture of 1,600 x 1,200 takes about a millisecond (measured here).
constexpr std::uint32_t kBorderSamples = 768;

/// Frames that are taken off, one in another: a picture, framed, shown in a frame, shown in another one.
constexpr std::uint32_t kFrames = 3;

/// A part of a picture, pixels.
struct PictureBox {
  std::uint32_t left, top, width, height;
};

/// Takes the rows of a picture that it asks for, top to bottom, and tells what is inside the frame.
class BorderFinder {
 public:
  /// `channels`: 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA; alpha is not looked at. `luma`: `luma_bytes(width, height)` bytes
  /// that outlive this.
  BorderFinder(std::uint32_t width, std::uint32_t height, std::uint32_t channels, std::uint8_t* luma) noexcept;

  static std::size_t luma_bytes(std::uint32_t width, std::uint32_t height) noexcept;

  bool wants_row() const noexcept { return rows_done_ < rows_; }
  /// The row wanted next.
  std::uint32_t wanted_row() const noexcept;
  void row(const std::uint8_t* pixels) noexcept;

  /// After the last row: writes what the outermost frame leaves, then what a frame within that leaves, and returns how
  /// many there are. An original may have a border of its own, so each is worth looking at. Less than a quarter of a
  /// side is no picture.
  std::uint32_t finish(std::span<PictureBox, kFrames> inner) const noexcept;

 private:
  std::uint32_t width_, height_, channels_, columns_, rows_, rows_done_ = 0;
  std::uint8_t* luma_;
  std::array<std::uint32_t, kBorderSamples> offsets_;  // of the columns in a row, bytes
};

}  // namespace egide
