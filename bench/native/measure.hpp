// What both benchmarks share: time, medians, and the facts about machine and build that every figure needs.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace egide::bench {

inline double clock_us(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
}

inline double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

inline std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

/// Stops the program: a benchmark of a wrong answer means nothing.
inline void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "wrong answer: %s\n", what.c_str());
  std::exit(1);
}

/// One way of doing the work, and how long it took: microseconds of this thread's processor time per piece of work, one
/// figure a turn. Processor time, because on a busy machine the clock on the wall counts other people's work too.
struct Contender {
  std::string name;
  std::vector<double> times;
};

/// The beginning of its JSON object: name, median and least microseconds, turns.
inline void print(const Contender& contender, bool first) {
  std::printf("%s\n      {\"name\": \"%s\", \"us\": %.3f, \"leastUs\": %.3f, \"turns\": %zu", first ? "" : ",",
              contender.name.c_str(), median(contender.times),
              *std::min_element(contender.times.begin(), contender.times.end()), contender.times.size());
}

/// Milliseconds given to one row of the table: EGIDE_BENCH_MS, by default 1,500.
inline double budget_us() {
  const char* text = std::getenv("EGIDE_BENCH_MS");
  return 1000 * (text != nullptr ? std::atof(text) : 1500);
}

/// One turn of about 2 ms, after one piece of work that is not counted: microseconds of processor time for a piece.
template <typename Work>
double turn(Work&& work) {
  constexpr double kTurnUs = 2000;
  work();
  const double start = clock_us(CLOCK_THREAD_CPUTIME_ID);
  double used = 0;
  int pieces = 0;
  // The clock is asked after 1, 2, 4 ... pieces: asking takes about as long as the shortest piece.
  for (int next = 1; used < kTurnUs; next *= 2) {
    for (; pieces < next; ++pieces) work();
    used = clock_us(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  return used / pieces;
}

/// Lets every contender have its turn until the time is used up, at least five rounds, so that all of them meet the
/// same weather.
template <typename Work>
void interleave(std::vector<Contender>& contenders, Work&& work) {
  constexpr int kLeastRounds = 5;
  const double end = clock_us(CLOCK_MONOTONIC) + budget_us();
  for (int round = 0; round < kLeastRounds || clock_us(CLOCK_MONOTONIC) < end; ++round)
    for (std::size_t i = 0; i < contenders.size(); ++i) contenders[i].times.push_back(turn([&] { work(i); }));
}

}  // namespace egide::bench
