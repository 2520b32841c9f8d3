// Features of an index that resemble those of a picture: what lies in the same bucket, or in one that a small change of
// the picture leads to.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/patch/match.hpp"
#include "core/patch/patch_index.hpp"

namespace egide {

/// Bits of a key that a probe may turn: those with the smallest margins. All their subsets are the probes there are.
inline constexpr std::uint32_t kTurnedBits = 6, kMostProbes = 1u << kTurnedBits;
/// Entries of one key that a probe looks at. A bank of ten million pictures has some 150 features a key; a key that
/// more than these have tells nothing, and its further entries are passed over as a probe that is not made is.
inline constexpr std::uint32_t kMostEntries = 4096;
/// Hits that a search of one index keeps; a bank of a million pictures has some 140,000.
inline constexpr std::size_t kMostHits = std::size_t{1} << 21;

/// Bits that a feature's code may differ in from one that resembles it: 20 of 128, 8 of 64. Of features that do not
/// belong together 1 in 100,000 are as near.
constexpr std::uint32_t hit_distance(std::uint32_t code_bytes) noexcept { return code_bytes == 16 ? 20 : 8; }

/// A feature of an image that resembles feature `feature` of a query.
struct PatchHit {
  std::uint32_t image;
  std::uint16_t feature, reference;  // numbers within the query and within the image
  std::uint8_t query, distance;
};

/// The first `count` keys to look for, the likeliest first: the margins of the bits that are turned, squared and added
/// up, are least (query-directed probing: Lv et al. 2007, "Multi-Probe LSH"); of equal ones the one without the
/// costlier bit first. `count` is at most `kMostProbes`.
void probes_of(const Key& key, std::uint32_t count, std::uint32_t* keys) noexcept;

/// Collects the hits of queries in one index.
class PatchProbe {
 public:
  PatchProbe(const PatchSegment& segment, std::uint32_t probes) noexcept
      : segment_(segment), index_(segment.index), probes_(probes) {}

  /// Appends the hits of a query's first kMaxPatches features, in the order of features, probes and entries. Stop
  /// features and removed images give none.
  IndexError run(const Query& query, std::uint8_t number, std::vector<PatchHit>& hits);
  /// Whether `kMostHits` has cut something off.
  bool truncated() const noexcept { return truncated_; }

 private:
  // Features of a query that go through the index together, and entries whose codes are asked for before they are
  // compared.
  static constexpr std::uint32_t kFeaturesAtOnce = 8;
  static constexpr std::size_t kNearAtOnce = 256;

  struct Probe {
    std::uint32_t key, feature;
    EntryRun run;
  };
  struct Near {
    std::uint32_t feature;  // of the index
    std::uint16_t query_feature;
    std::uint8_t distance;
  };

  void ask_for_starts(const Query& query, std::uint32_t first, std::uint32_t end) noexcept;
  IndexError ask_for_entries() noexcept;
  IndexError ask_for_codes() noexcept;
  IndexError compare(const Query& query, std::uint8_t number, std::vector<PatchHit>& hits);
  IndexError resolve(std::uint8_t number, std::vector<PatchHit>& hits);

  const PatchSegment& segment_;
  const Index& index_;
  std::uint32_t probes_;
  std::array<Probe, kFeaturesAtOnce * kMostProbes> asked_;
  std::uint32_t asked_count_ = 0;
  std::array<Near, kNearAtOnce> near_;
  std::size_t near_count_ = 0;
  bool truncated_ = false;
};

}  // namespace egide
