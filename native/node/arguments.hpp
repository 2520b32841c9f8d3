// What several doors of the addon unpack alike. Everything here only guards memory safety: the facade has told the
// caller what was wrong before.
#pragma once

#include <napi.h>

#include <cstdint>
#include <cstring>
#include <new>
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

/// The numbers of a Uint32Array, or none if the argument was left out.
inline std::span<std::uint32_t> numbers_of(const Napi::Value& value) {
  if (value.IsUndefined()) return {};
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array)
    throw Napi::TypeError::New(value.Env(), "expected a Uint32Array");
  auto array = value.As<Napi::Uint32Array>();
  return {array.Data(), array.ElementLength()};
}

/// A text, or the empty one if the argument was left out.
inline std::string text_of(const Napi::Value& value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

/// The memory that an index stands in: that of an ArrayBuffer, of any typed array (over a SharedArrayBuffer too), or of
/// a mapped file (files.cpp). One that was transferred away is empty; a file that was unmapped is an error.
std::span<const std::uint8_t> memory_of(const Napi::Value& value);

/// A new Uint8Array with these bytes.
inline Napi::Value array_of(Napi::Env env, std::span<const std::uint8_t> bytes) {
  auto array = Napi::Uint8Array::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

/// A function of the addon, in which want of memory is an error that JavaScript can catch.
template <Napi::Value (*kFunction)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    return kFunction(info);
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "out of memory");
  }
}

}  // namespace egide::node
