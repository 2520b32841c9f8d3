#!/usr/bin/env bash
# Builds every fuzz target in test/fuzz with clang (libFuzzer, ASan, UBSan) and runs each for EGIDE_FUZZ_SECONDS (default 30).
# What was found stays in .cache/fuzz-found; new inputs are kept in .cache/fuzz-corpus and start the next run.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=.cache/fuzz
seconds=${EGIDE_FUZZ_SECONDS:-30}
mkdir -p .cache/fuzz-found
cmake -S . -B "$folder" -DEGIDE_FUZZ=ON -DEGIDE_SANITIZE=address,undefined -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=None \
  -DCMAKE_CXX_FLAGS="-O1 -g -fsanitize=fuzzer-no-link" >"$folder.configure.log" 2>&1 || { cat "$folder.configure.log"; exit 1; }
cmake --build "$folder" --parallel "$(nproc)"

# Runs one target and writes its log, whose last line says how it ended.
fuzz_one() { # source
  local name log seeds=() verdict=passed
  name=$(basename "$1" .cpp)
  log=".cache/fuzz-logs/$name.log"
  mkdir -p ".cache/fuzz-corpus/$name" .cache/fuzz-logs
  [ ! -d "test/fuzz/seeds/$name" ] || seeds=("test/fuzz/seeds/$name")
  "$folder/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=".cache/fuzz-found/$name-" \
    ".cache/fuzz-corpus/$name" "${seeds[@]}" >"$log" 2>&1 || verdict=failed
  echo "== $name, $seconds s: $verdict" >>"$log"
}
export -f fuzz_one
export folder seconds

rm -rf .cache/fuzz-logs
printf '%s\0' test/fuzz/*_fuzz.cpp | xargs -0 -P "$(nproc)" -I{} bash -c 'fuzz_one {}'
cat .cache/fuzz-logs/*.log
passed=$(cat .cache/fuzz-logs/*.log | grep -c '^== .*: passed$' || true)
failed=$(($(printf '%s\n' test/fuzz/*_fuzz.cpp | wc -l) - passed))
echo "counts: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
