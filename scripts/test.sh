#!/usr/bin/env bash
# Sets up and passes every test. Ends with one line, "N passed, N failed", and exits 1 if anything failed.
#   bash scripts/test.sh            everything
#   bash scripts/test.sh PART...    only these parts: check types native aarch64 fuzz spec bank browser runtimes package docs printed
# EGIDE_FUZZ_SECONDS: seconds for each fuzz target (default 30). EGIDE_CONFORMANCE: a folder of published test data (CONTRIBUTING.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
export NO_COLOR=1

parts=(check types native aarch64 fuzz spec bank browser runtimes package docs printed)
[ $# -eq 0 ] || parts=("$@")

say "egide: all tests. Logs are in $LOGS/."
need_node
packages=(g++ make cmake clang-19 libclang-rt-19-dev clang-format-19 clang-tidy-19 doctest-dev chromium fonts-dejavu-core postgresql-15)
# On other machines than x86-64 there is nothing to cross: an ARM machine runs its NEON kernels natively.
[ "$(uname -m)" != x86_64 ] || packages+=(qemu-user g++-aarch64-linux-gnu)
system_packages "${packages[@]}" || { say "Stopped: run it as root, or with sudo."; exit 1; }
npm_packages
step "Build the addon, the WebAssembly module and the JavaScript" npm run --silent build

# One command that either passes or does not.
one() { "$@" && echo 'counts: 1 passed, 0 failed'; }

part_check() { bash scripts/check.sh; }
part_types() { one npx tsc -p tsconfig.json; }
part_native() { bash scripts/native-tests.sh sanitized; }
part_aarch64() { bash scripts/native-tests.sh aarch64; }
part_fuzz() { bash scripts/fuzz.sh; }
part_spec() { npx vitest run --project spec; }
part_bank() { npx vitest run --project bank; }
part_browser() { npx vitest run --config vitest.browser.config.ts; }
part_runtimes() { npx vitest run --project runtimes; }
part_package() { npx vitest run --project package; }
# Last: it looks through the logs of the others.
part_printed() { LOGS="$LOGS" npx vitest run --project printed; }
part_docs() { one npm run --silent docs; }

say "[$(elapsed)] Run ${#parts[@]} parts:"
for part in "${parts[@]}"; do
  declare -F "part_$part" >/dev/null || { say "There is no part '$part'."; exit 1; }
  if [ "$part" = aarch64 ] && [ "$(uname -m)" != x86_64 ]; then
    say "           aarch64: not crossed, this machine is $(uname -m)"
    continue
  fi
  run_part "$part" "part_$part"
done

say "Finished in $(elapsed) minutes."
if [ "$total_skipped" -gt 0 ]; then say "Skipped: $total_skipped (the reasons stand above)."; fi
say "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
