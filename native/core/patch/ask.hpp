// One picture against a bank: what `search` does, from patches to the numbers of answers.
#pragma once

#include "core/patch/patch_search.hpp"

namespace egide {

struct Asked {
  IndexError error = IndexError::ok;
  /// A bound on work cut something off.
  bool truncated = false;
  /// Answers (answer.hpp), the surest first.
  std::vector<double> numbers;
};

/// `variants`: bit v for Variant v. `deep`: more buckets and candidates. `images`: of the whole bank, or 0 for what the
/// segments hold.
Asked ask(std::span<const PatchSegment> segments, const Patches& patches, std::uint32_t variants, bool deep,
          double images);

}  // namespace egide
