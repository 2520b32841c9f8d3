// Exact search among PDQ hashes: egide's index and scans, and FAISS, in one run, in turn, every answer of each held
// against brute force. Prints one JSON object, which bench/run.mjs makes tables and bench/growth.mjs plots of.
//   search_bench peers COUNT uniform|clustered FOLDER [PYTHON SCRIPT]   one size; FAISS too if there is a Python that
//   has it search_bench growth COUNT                                           sizes up to COUNT, and radii
#include <string_view>

#include "search_contenders.hpp"
#include "search_faiss.hpp"

namespace {

using egide::bench::Answers;
using egide::bench::Bytes;
using egide::bench::kBlock;
using egide::bench::kHashBytes;
using egide::bench::Searcher;
using Searchers = std::vector<std::unique_ptr<Searcher>>;

constexpr std::uint32_t kRadius = 31;  // python-threatexchange, PDQ_CONFIDENT_MATCH_THRESHOLD
// More cache lines than the caches hold, so that no query finds those of an earlier round: one touches about 2,000.
constexpr std::size_t kQueries = 512;
constexpr std::size_t kBatch = 32, kOrientations = 8;

/// What a searcher took: for each query that it was asked, the median over the rounds.
struct Row {
  const Searcher* searcher;
  std::vector<double> us;
};

/// Lets the searchers take turns, block by block, until the time is used up, at least three rounds. Every answer is
/// checked.
std::vector<Row> measure(const Searchers& searchers, Bytes queries, std::uint32_t radius,
                         const egide::bench::Truth& truth) {
  constexpr int kLeastRounds = 3;
  const std::size_t count = queries.size() / kHashBytes;
  std::vector<std::vector<std::vector<double>>> times(searchers.size(), std::vector<std::vector<double>>(count));
  const auto block_at = [&](std::size_t first) {
    return queries.subspan(kHashBytes * (first % count), kHashBytes * kBlock);
  };
  const double end = egide::bench::clock_us(CLOCK_MONOTONIC) + egide::bench::budget_us();
  for (int round = 0; round < kLeastRounds || egide::bench::clock_us(CLOCK_MONOTONIC) < end; ++round)
    for (std::size_t first = 0; first < count; first += kBlock)
      for (std::size_t s = 0; s < searchers.size(); ++s) {
        Searcher& searcher = *searchers[s];
        if (first / kBlock % searcher.share.every_block != 0) continue;
        const Bytes asked = block_at(first).first(kHashBytes * searcher.share.queries);
        const Answers answers = searcher.ask(block_at(first + count / 2), asked, radius);
        for (std::size_t i = 0; i < answers.us.size(); ++i) {
          times[s][first + i].push_back(answers.us[i]);
          if (searcher.answers) truth.check(answers.hits[i], first + i, radius, searcher.name);
        }
      }
  std::vector<Row> rows;
  for (std::size_t s = 0; s < searchers.size(); ++s) {
    rows.push_back({searchers[s].get(), {}});
    for (const std::vector<double>& of_query : times[s])
      if (!of_query.empty()) rows.back().us.push_back(egide::bench::median(of_query));
  }
  return rows;
}

double percentile_99(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() * 99 / 100];
}

void print(const std::vector<Row>& rows, std::uint64_t count) {
  std::printf("\"contenders\": [");
  for (const Row& row : rows) {
    const Searcher& searcher = *row.searcher;
    std::printf("%s\n      {\"name\": \"%s\", \"us\": %.4f, \"p99Us\": %.4f, \"queries\": %zu, \"batch\": %zu, ",
                &row == rows.data() ? "" : ",", searcher.name.c_str(), egide::bench::median(row.us),
                percentile_99(row.us), row.us.size(), searcher.batch);
    std::printf("\"buildSeconds\": %.4f, \"bytesPerHash\": %.2f}", searcher.build_seconds,
                searcher.bytes / static_cast<double>(count));
  }
  std::printf("]");
}

void write_file(const std::string& path, Bytes bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  egide::bench::require(file.good(), "cannot write " + path);
}

/// FAISS as it comes, in whatever pages malloc gives it, or asked to take huge ones.
struct FaissSetup {
  std::string python, script;
  bool as_it_comes = false, in_huge_pages = false;
};

void add_faiss(Searchers& searchers, const FaissSetup& faiss, const std::string& hashes) {
  const auto add = [&](const std::string& name, egide::bench::Share share, const char* setting) {
    for (const bool huge : {false, true})
      if (huge ? faiss.in_huge_pages : faiss.as_it_comes)
        searchers.push_back(std::make_unique<egide::bench::FaissSearcher>(
            name + (huge ? ", pages of 2 MiB" : ""), share,
            std::vector<std::string>{faiss.python, faiss.script, setting, hashes}, huge));
  };
  add("FAISS IndexBinaryFlat", egide::bench::kOneOfBlock, "flat");
  add("FAISS IndexBinaryMultiHash 16x16, 1 flip", {}, "16x16x1");
  add("FAISS IndexBinaryMultiHash 11x23, 2 flips", {}, "11x23x2");
}

void peers(std::uint64_t count, bool clustered, const std::string& folder, const FaissSetup& faiss) {
  // At 10 million one round of FAISS's 16x16 over all queries would take half a minute.
  const bool others = faiss.as_it_comes || faiss.in_huge_pages;
  const std::size_t query_count = others && count > 1'000'000 ? kQueries / 2 : kQueries;
  const egide::bench::Pages pages = egide::bench::make_hashes(count, clustered);
  const Bytes hashes = pages.bytes();
  const std::vector<std::uint8_t> queries = egide::bench::make_queries(hashes, query_count);
  const egide::bench::Truth truth(hashes, queries, kRadius);

  using egide::bench::PageKind;
  const egide::bench::BuiltIndex huge = build_index(hashes, PageKind::huge, true),
                                 small = build_index(hashes, PageKind::small, true),
                                 bare = build_index(hashes, PageKind::huge, false);
  const std::string index_file = folder + "/search_bench.index", hashes_file = folder + "/search_bench.hashes";
  write_file(index_file, huge.pages.bytes());
  const egide::bench::Pages mapped(index_file);
  Searchers searchers;
  searchers.push_back(search_of("egide index", huge.pages, 1));
  searchers.back()->build_seconds = huge.seconds;
  searchers.push_back(search_of("egide index, 8 queries at a time", huge.pages, kOrientations));
  searchers.push_back(search_of("egide index, pages of 4 KiB", small.pages, 1));
  searchers.back()->build_seconds = small.seconds;
  searchers.push_back(search_of("egide index, mapped file", mapped, 1));
  searchers.push_back(search_of("egide index without tags", bare.pages, 1));
  searchers.back()->build_seconds = bare.seconds;
  searchers.push_back(egide::bench::scan_of(hashes, kBatch));
  searchers.push_back(egide::bench::scan_of(hashes, 1));
  searchers.push_back(egide::bench::read_of(hashes));
  if (others) {
    write_file(hashes_file, hashes);
    add_faiss(searchers, faiss, hashes_file);
    unlink(hashes_file.c_str());
  }
  const std::vector<Row> rows = measure(searchers, queries, kRadius, truth);
  unlink(index_file.c_str());
  std::printf("{\"hashes\": %llu, \"kind\": \"%s\", ", static_cast<unsigned long long>(count),
              clustered ? "clustered" : "uniform");
  print(rows, count);
  std::printf("}\n");
}

/// The index and the scans at one size for each radius, and at radius 31 the reading.
void grow(std::uint64_t count, bool clustered, const std::vector<std::uint32_t>& radii, const char* comma) {
  const egide::bench::Pages pages = egide::bench::make_hashes(count, clustered);
  const Bytes hashes = pages.bytes();
  const std::vector<std::uint8_t> queries = egide::bench::make_queries(hashes, kQueries);
  const egide::bench::Truth truth(hashes, queries, radii.back());
  const egide::bench::BuiltIndex built = build_index(hashes, egide::bench::PageKind::huge, true);
  for (const std::uint32_t radius : radii) {
    Searchers searchers;
    searchers.push_back(search_of("index", built.pages, 1));
    searchers.back()->build_seconds = built.seconds;
    searchers.push_back(egide::bench::scan_of(hashes, 1));
    searchers.push_back(egide::bench::scan_of(hashes, kBatch));
    if (radius == kRadius) searchers.push_back(egide::bench::read_of(hashes));
    std::printf("%s\n    {\"hashes\": %llu, \"kind\": \"%s\", \"radius\": %u, ", comma,
                static_cast<unsigned long long>(count), clustered ? "clustered" : "uniform", radius);
    print(measure(searchers, queries, radius, truth), count);
    std::printf("}");
    comma = ",";
  }
}

void growth(std::uint64_t most) {
  const std::vector<std::uint32_t> one{kRadius}, all{15, 19, 23, 27, 31, 35, 39, 43, 47};
  std::printf("{\"kernels\": [\"%s\", \"%s\"], \"rows\": [", egide::search_kernels().scan.name,
              egide::search_kernels().tags.name);
  for (std::uint64_t count = 1000; count <= most; count *= 10) {
    grow(count, false, count == 1'000'000 || count == 10'000'000 ? all : one, count == 1000 ? "" : ",");
    for (const std::uint64_t size : {count, 3 * count}) {
      if (size > most) continue;
      if (size != count) grow(size, false, one, ",");
      // A larger one takes minutes to shuffle and shows nothing new.
      if (size <= 10'000'000) grow(size, true, one, ",");
    }
  }
  std::printf("\n  ]}\n");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view part = argc > 2 ? argv[1] : "";
  if (part == "growth" && argc == 3) {
    growth(std::strtoull(argv[2], nullptr, 10));
  } else if (part == "peers" && (argc == 5 || argc == 8)) {
    FaissSetup faiss;
    if (argc == 8) {
      const std::string_view pages = argv[7];
      faiss = {argv[5], argv[6], pages != "huge", pages != "any"};
    }
    peers(std::strtoull(argv[2], nullptr, 10), std::string_view(argv[3]) == "clustered", argv[4], faiss);
  } else {
    std::fprintf(stderr, "usage: peers COUNT uniform|clustered FOLDER [PYTHON SCRIPT PAGES], or growth COUNT\n");
    return 2;
  }
}
