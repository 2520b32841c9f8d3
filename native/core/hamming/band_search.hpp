// The search through the bands, as a pipeline that waits for memory as little as it can.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/hamming/bands.hpp"
#include "core/hamming/pdq_index.hpp"

namespace egide {

/// Searches for a group of permuted queries. A probe goes through four stages, each some work behind the one before, so
/// that what a stage reads was asked for while others were busy: bucket starts, tags, positions, rows.
class BandSearch {
 public:
  BandSearch(const Index& index, std::span<const Bands> queries, std::uint32_t max_distance, const BandPlan& plan,
             const SearchKernels& kernels, std::span<HammingHit> hits) noexcept;

  IndexError run() noexcept;
  /// Pairs within the radius so far; those that fit are in `hits`, with the query's number in the group.
  std::uint64_t found() const noexcept { return found_; }

 private:
  // Probes of one band of one query that go through the stages together.
  static constexpr std::uint32_t kGroup = 32;
  // Entries whose tags are looked at together: their survivors at most.
  static constexpr std::uint32_t kBatch = 4096;

  /// A walk over all probes of all queries, group by group.
  struct Cursor {
    std::uint32_t query = 0, band = 0, first = 0, count = 0;
  };
  struct Runs {
    std::array<kernels::TagRun, kGroup> runs;
    std::uint32_t count = 0;
  };
  struct Survivors {
    std::array<std::uint32_t, kBatch> entries;  // indices into the band's table, and then positions
    std::uint32_t count = 0, query = 0, band = 0;
  };

  bool settle(Cursor& cursor) const noexcept;
  bool advance(Cursor& cursor) const noexcept;
  std::uint64_t start_of(const Cursor& probes, std::uint32_t flip) const noexcept;
  void ask_for_starts(const Cursor& probes) const noexcept;
  void ask_for_tags(const Cursor& probes, Runs& runs) noexcept;
  void filter(const Cursor& probes, const Runs& runs) noexcept;
  void filter_batch(const Cursor& probes, std::span<const kernels::TagRun> runs) noexcept;
  void ask_for_rows(Survivors& survivors) noexcept;
  void verify(const Survivors& survivors) noexcept;
  void rotate() noexcept;
  bool found_before(const Bands& query, const std::uint8_t* row, std::uint32_t band) const noexcept;

  const Index& index_;
  std::span<const Bands> queries_;
  std::uint32_t max_distance_;
  const BandPlan& plan_;
  const SearchKernels& kernels_;
  std::span<HammingHit> hits_;
  std::uint64_t found_ = 0;
  IndexError error_ = IndexError::ok;
  std::array<Survivors, 3> survivors_;
  std::uint32_t newest_ = 0;
};

}  // namespace egide
