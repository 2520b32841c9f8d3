// What the C++ library asks of a system where there is none. A call for which there is no memory stops where it is, as
// nobody could catch an exception; the TypeScript side (src/backend/wasm-memory.ts) then has it undone, so that nothing
// of it stays behind.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "wasm/export.hpp"
#include "wasm/runtime.hpp"

namespace {

// Stands before each piece of memory of the core: its neighbours among all there are, and the call that it was made in.
// As long as malloc's alignment, which the piece therefore has too.
struct Piece {
  Piece *older, *newer;
  std::uint64_t call;
};
static_assert(sizeof(Piece) == alignof(std::max_align_t));

struct {
  Piece* newest = nullptr;
  std::uint64_t call = 0;
  volatile std::size_t wanted = 0;  // bytes that the call could not get; volatile, as nothing reads it before the trap
} pieces;

}  // namespace

// Not inlined: what they write has to be there whatever becomes of their callers.
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  if (bytes > PTRDIFF_MAX) return nullptr;
  auto* piece = static_cast<Piece*>(std::malloc(sizeof(Piece) + bytes));
  if (piece == nullptr) return nullptr;
  *piece = {pieces.newest, nullptr, pieces.call};
  if (piece->older != nullptr) piece->older->newer = piece;
  pieces.newest = piece;
  return piece + 1;
}
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  void* memory = operator new(bytes, std::nothrow);
  if (memory == nullptr) {
    pieces.wanted = bytes == 0 ? 1 : bytes;
    __builtin_trap();
  }
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  Piece* piece = static_cast<Piece*>(memory) - 1;
  if (piece->older != nullptr) piece->older->newer = piece->newer;
  (piece->newer != nullptr ? piece->newer->older : pieces.newest) = piece->older;
  std::free(piece);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { operator delete(memory); }

void egide::wasm::take_over(const void* object) noexcept {
  const std::uint64_t made_in = (static_cast<const Piece*>(object) - 1)->call;
  for (Piece* piece = pieces.newest; piece != nullptr; piece = piece->older)
    if (piece->call == made_in) piece->call = pieces.call;
}

/// Comes before every call of another function.
EGIDE_EXPORT(call_begin) void egide_call_begin() {
  ++pieces.call;
  pieces.wanted = 0;
}

/// Releases what a call that did not return has made; the bytes that it wanted and could not get, 0 if that was not
/// why.
EGIDE_EXPORT(call_undo) std::uint32_t egide_call_undo() {
  for (Piece *piece = pieces.newest, *older = nullptr; piece != nullptr; piece = older) {
    older = piece->older;
    if (piece->call == pieces.call) operator delete(piece + 1);
  }
  return pieces.wanted;
}

_LIBCPP_BEGIN_NAMESPACE_STD
void __libcpp_verbose_abort(const char*, ...) noexcept { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD
