// Borders for Node.
#include <napi.h>

#include <array>
#include <cstdint>
#include <memory>
#include <new>

#include "core/image/borders.hpp"
#include "node/addon.hpp"
#include "node/arguments.hpp"

namespace egide::node {
namespace {

// trim(pixels, width, height, channels) -> [{ left, top, width, height }], what the outermost frame leaves first
Napi::Value trim(const Napi::CallbackInfo& info) {
  const auto pixels = bytes_of(info[0]);
  const std::uint32_t width = info[1].ToNumber().Uint32Value(), height = info[2].ToNumber().Uint32Value();
  const std::uint32_t channels = info[3].ToNumber().Uint32Value();
  const auto in_range = [](std::uint32_t value, std::uint32_t most) { return value >= 1 && value <= most; };
  if (!in_range(width, UINT16_MAX) || !in_range(height, UINT16_MAX) || !in_range(channels, 4) ||
      pixels.size() != std::uint64_t{width} * height * channels)
    throw Napi::RangeError::New(info.Env(), "the byte count does not fit the size of the picture");
  const std::unique_ptr<std::uint8_t[]> luma(new (std::nothrow) std::uint8_t[BorderFinder::luma_bytes(width, height)]);
  if (!luma) throw Napi::Error::New(info.Env(), "out of memory");
  BorderFinder finder(width, height, channels, luma.get());
  while (finder.wants_row()) finder.row(pixels.data() + std::size_t{finder.wanted_row()} * width * channels);
  std::array<PictureBox, kFrames> inner;
  const std::uint32_t count = finder.finish(inner);
  auto boxes = Napi::Array::New(info.Env(), count);
  for (std::uint32_t i = 0; i < count; ++i) {
    auto box = Napi::Object::New(info.Env());
    box.Set("left", inner[i].left);
    box.Set("top", inner[i].top);
    box.Set("width", inner[i].width);
    box.Set("height", inner[i].height);
    boxes.Set(i, box);
  }
  return boxes;
}

}  // namespace

void export_borders(Napi::Object exports) { exports.Set("trim", Napi::Function::New(exports.Env(), trim)); }

}  // namespace egide::node
