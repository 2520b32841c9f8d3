// What several doors of the addon unpack alike. Everything here only guards memory safety: the facade has told the
// caller what was wrong before.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace egide::node {

/// The bytes of a Uint8Array, wherever in its buffer they stand.
inline std::span<const std::uint8_t> bytes_of(const Napi::Value& value) {
  if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), "expected a Uint8Array");
  const auto array = value.As<Napi::TypedArray>();
  if (array.TypedArrayType() != napi_uint8_array) throw Napi::TypeError::New(value.Env(), "expected a Uint8Array");
  const auto view = array.As<Napi::Uint8Array>();
  return {view.Data(), view.ByteLength()};
}

/// A text, or the empty one if the argument was left out.
inline std::string text_of(const Napi::Value& value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

/// Memory that an index stands in.
struct Memory {
  std::span<const std::uint8_t> bytes;
  /// Keeps a mapped file's pages for as long as it is held: a worker thread holds one, so that unmapping waits for it.
  /// Empty for JavaScript's own buffers, which only the JavaScript thread may read.
  std::shared_ptr<const void> keeper;
};

/// The memory of an ArrayBuffer, of any typed array (over a SharedArrayBuffer too), or of a mapped file (files.cpp).
/// One that was transferred away is empty; a file that was unmapped is an error.
Memory memory_of(const Napi::Value& value);

}  // namespace egide::node
