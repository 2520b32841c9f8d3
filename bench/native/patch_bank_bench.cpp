// Searching a bank of patches: edited copies of real pictures among real and made ones (patch_bank.hpp), with standard
// and with compact records. Prints one JSON object. Answers are checked first.
//
// Usage: patch_bank_bench FOLDER IMAGES, where bench/patch-data.mjs has written `records` and `queries`. Leaves the
// standard index in FOLDER/bank, for bench/patches.mjs.
#include <functional>

#include "core/patch/ask.hpp"
#include "core/patch/compare.hpp"
#include "core/patch/patch_probe.hpp"
#include "core/patch/patches_format.hpp"
#include "patch_bank.hpp"

namespace {

using egide::bench::BuiltBank;
using egide::bench::clock_us;
using egide::bench::median;
using egide::bench::PatchBank;
using egide::bench::require;

/// An edited copy of an image of the bank, in the variants that are searched.
struct Copy {
  std::uint32_t image;
  egide::Patches patches;
  std::vector<egide::Query> variants;
};

std::vector<Copy> read_queries(const std::string& path) {
  const std::vector<std::uint8_t> bytes = egide::bench::read_bytes(path);
  std::vector<Copy> copies;
  for (std::size_t at = 0; at < bytes.size();) {
    Copy copy{egide::read_u32(bytes.data() + at), {}, {}};
    const std::uint32_t length = egide::read_u32(bytes.data() + at + 4);
    require(egide::read_patches(std::span(bytes).subspan(at + 8, length), copy.patches), "patches of a query");
    for (const egide::Variant variant : {egide::Variant::normal, egide::Variant::mirrored})
      copy.variants.push_back(egide::query_of(copy.patches, variant, egide::kQueryFeatures));
    copies.push_back(std::move(copy));
    at += 8 + length;
  }
  return copies;
}

// Entries with a key that a query is looked for under, of images other than `own`.
std::size_t entries_met(const egide::Index& index, const egide::Query& query, std::uint32_t own, std::uint32_t probes) {
  std::size_t entries = 0;
  std::uint32_t keys[egide::kMostProbes];
  for (const egide::Key& key : query.keys) {
    egide::probes_of(key, probes, keys);
    for (std::uint32_t i = 0; i < probes; ++i) {
      egide::EntryRun run{};
      require(egide::bucket_of(index, keys[i], run) == egide::IndexError::ok, "a bucket");
      run = egide::run_of(index, keys[i], run);
      for (std::uint32_t entry = run.begin; entry < run.end; ++entry) {
        std::uint32_t image = 0;
        require(egide::image_of(index, egide::read_entry(index, entry).feature, image) == egide::IndexError::ok,
                "an image");
        entries += image != own;
      }
    }
  }
  return entries;
}

struct Answers {
  std::vector<double> entries, hits;  // of each query, in images other than the original
  std::size_t found = 0, first = 0;   // originals, at least `probable`; those that come first
  std::size_t made = 0;               // made images that came out as at least `probable`
  std::size_t cut_off = 0;            // queries that met a bound on work
};

Answers check(const egide::PatchSegment& segment, const std::vector<Copy>& copies, std::size_t real,
              const egide::PatchSearchOptions& options) {
  Answers answers;
  for (const Copy& copy : copies) {
    egide::PatchProbe probe(segment, options.probes);
    std::vector<egide::PatchHit> hits;
    std::size_t entries = 0;
    for (const egide::Query& query : copy.variants) {
      require(probe.run(query, 0, hits) == egide::IndexError::ok, "probing");
      entries += entries_met(segment.index, query, copy.image, options.probes);
    }
    std::erase_if(hits, [&](const egide::PatchHit& hit) { return hit.image == copy.image; });
    answers.entries.push_back(static_cast<double>(entries));
    answers.hits.push_back(static_cast<double>(hits.size()));
    const egide::PatchSearch search = egide::patch_search({&segment, 1}, copy.patches, copy.variants, options);
    require(search.error == egide::IndexError::ok, "a search");
    answers.cut_off += search.truncated;
    for (std::size_t i = 0; i < search.found.size(); ++i) {
      const egide::PatchFound& found = search.found[i];
      if (found.match.tier < egide::Tier::probable) continue;
      answers.found += found.id == copy.image;
      answers.first += i == 0 && found.id == copy.image;
      answers.made += found.id >= real;
    }
  }
  require(answers.found * 10 >= copies.size() * 9 && answers.made == 0,
          std::to_string(answers.found) + " of " + std::to_string(copies.size()) + " copies are found, and " +
              std::to_string(answers.made) + " made images");
  return answers;
}

// Each query by each way in its turn, until the time is used up and at least thrice: of every query the median counts.
void measure(const egide::PatchSegment& segment, const std::vector<Copy>& copies,
             const egide::PatchSearchOptions& options) {
  struct Way {
    const char* name;
    std::function<std::size_t(const Copy&)> work;
    std::vector<std::vector<double>> times;  // [query]
  };
  Way ways[] = {{"search",
                 [&](const Copy& copy) {
                   return egide::ask({&segment, 1}, copy.patches, egide::kPlainVariants, false, 0).numbers.size();
                 },
                 {}},
                {"candidates alone",
                 [&](const Copy& copy) {
                   return egide::patch_candidates({&segment, 1}, copy.variants, options).candidates.size();
                 },
                 {}},
                {"hits alone",
                 [&](const Copy& copy) {
                   std::vector<egide::PatchHit> hits;
                   egide::PatchProbe probe(segment, options.probes);
                   for (const egide::Query& query : copy.variants)
                     require(probe.run(query, 0, hits) == egide::IndexError::ok, "probing");
                   return hits.size();
                 },
                 {}}};
  std::size_t sum = 0;
  for (Way& way : ways) way.times.resize(copies.size());
  const double end = clock_us(CLOCK_MONOTONIC) + 4 * egide::bench::budget_us();
  for (int round = 0; round < 3 || clock_us(CLOCK_MONOTONIC) < end; ++round)
    for (std::size_t q = 0; q < copies.size(); ++q)
      for (Way& way : ways) {
        const double start = clock_us(CLOCK_THREAD_CPUTIME_ID);
        sum += way.work(copies[q]);
        way.times[q].push_back(clock_us(CLOCK_THREAD_CPUTIME_ID) - start);
      }
  require(sum > 0, "the sum");  // read, so that nothing is optimised away
  for (const Way& way : ways) {
    std::vector<double> medians;
    for (const std::vector<double>& times : way.times) medians.push_back(median(times));
    std::sort(medians.begin(), medians.end());
    std::printf("%s{\"name\": \"%s\", \"us\": %.1f, \"p90Us\": %.1f, \"mostUs\": %.1f}", &way == ways ? "" : ", ",
                way.name, medians[medians.size() / 2], medians[medians.size() * 9 / 10], medians.back());
  }
}

void run(const PatchBank& bank, const std::vector<Copy>& copies, std::uint64_t images, std::uint32_t code_bytes,
         const std::string& file, bool last) {
  const BuiltBank built = egide::bench::build_bank(bank, images, code_bytes);
  const egide::PatchSegment segment{built.index, {}};
  const egide::PatchSearchOptions options = egide::patch_search_options(static_cast<double>(images), false);
  const Answers answers = check(segment, copies, bank.real(), options);
  const double grids = static_cast<double>(egide::kGridBlock * built.totals.grid_blocks);
  const auto bytes = static_cast<double>(built.area->span().size());
  const auto features = static_cast<double>(built.totals.features);
  std::printf(
      "    {\"images\": %llu, \"real\": %zu, \"turnedBits\": %d, \"codeBytes\": %u, \"features\": %.0f, \"bytes\": "
      "%.0f, "
      "\"gridBytes\": %.0f, \"addSeconds\": %.3f, \"sortSeconds\": %.3f, \"stopSeconds\": %.3f, \"stops\": %zu, "
      "\"queries\": %zu, \"entries\": %.0f, \"hits\": %.0f, \"found\": %zu, \"first\": %zu, \"cutOff\": %zu, \"ways\": "
      "[",
      static_cast<unsigned long long>(images), bank.real(), PatchBank::kTurnedBits, code_bytes, features, bytes, grids,
      built.add, built.sort, built.stops, built.stop_entries, copies.size(), median(answers.entries),
      median(answers.hits), answers.found, answers.first, answers.cut_off);
  measure(segment, copies, options);
  std::printf("]}%s\n", last ? "" : ",");
  std::fflush(stdout);
  if (file.empty()) return;
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(built.area->span().data()), static_cast<std::streamsize>(bytes));
  require(out.good(), "the index is written to " + file);
}

}  // namespace

int main(int argc, char** argv) {
  require(argc == 3, "usage: patch_bank_bench FOLDER IMAGES");
  const std::string folder = argv[1];
  const PatchBank bank(egide::bench::read_bytes(folder + "/records"));
  const std::vector<Copy> copies = read_queries(folder + "/queries");
  const std::uint64_t images = std::max<std::uint64_t>(std::strtoull(argv[2], nullptr, 10), bank.real());
  std::printf("{\n  \"banks\": [\n");
  run(bank, copies, bank.real(), 16, "", false);
  run(bank, copies, images, 16, folder + "/bank", false);
  run(bank, copies, images, 8, "", true);
  std::printf("  ]\n}\n");
}
