// Where indexes stand, as arguments: memory (ArrayBuffer, or Uint8Array over shared memory; to be read only, a mapped
// file too), offset and length. A Uint8Array alone would not do: in Node 20 it ends at 4 GiB.
#pragma once

#include <napi.h>

#include <cstdint>
#include <span>

#include "core/index/index_build.hpp"
#include "node/arguments.hpp"

namespace egide::node {

inline constexpr std::size_t kAreaArguments = 3;

inline std::span<const std::uint8_t> area_in(const Napi::Value& where, const Napi::Value& from,
                                             const Napi::Value& bytes) {
  const std::span<const std::uint8_t> memory = memory_of(where);
  const double offset = from.ToNumber(), length = bytes.ToNumber();
  const auto size = static_cast<double>(memory.size());
  if (!(offset >= 0 && length >= 0 && offset + length <= size))
    throw Napi::RangeError::New(where.Env(), "an area outside its memory");
  return memory.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

inline std::span<const std::uint8_t> area_of(const Napi::CallbackInfo& info, std::size_t first) {
  return area_in(info[first], info[first + 1], info[first + 2]);
}

inline std::span<std::uint8_t> writable_area_of(const Napi::CallbackInfo& info, std::size_t first) {
  if (info[first].IsExternal()) throw Napi::TypeError::New(info.Env(), "a mapped file cannot be written to");
  const auto area = area_of(info, first);
  return {const_cast<std::uint8_t*>(area.data()), area.size()};
}

/// An index and the scratch area of its build.
inline IndexWork work_of(const Napi::CallbackInfo& info) {
  return {writable_area_of(info, 0), writable_area_of(info, kAreaArguments)};
}

inline Napi::Value number(const Napi::CallbackInfo& info, double value) { return Napi::Number::New(info.Env(), value); }

/// An error as a negative number, which no count can be.
inline Napi::Value failed(const Napi::CallbackInfo& info, IndexError error) {
  return number(info, -static_cast<double>(error));
}

}  // namespace egide::node
