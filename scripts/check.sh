#!/usr/bin/env bash
# Formatters, linters and import directions, for both languages. `bash scripts/check.sh --write` repairs what can be repaired.
set -uo pipefail
cd "$(dirname "$0")/.."

mapfile -t cxx < <(git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp' '*.inc' '*.h')

if [ "${1:-}" = --write ]; then
  npx biome check --write .
  [ ${#cxx[@]} -eq 0 ] || clang-format-19 -i "${cxx[@]}"
  exit
fi

passed=0
failed=0
check() { # title command...
  local title=$1
  shift
  echo "== $title"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "-- $title: failed"; fi
}

# Only what is compiled for this machine: the WebAssembly door has attributes of its own target.
tidy() {
  local files
  mapfile -t files < <(printf '%s\n' "${cxx[@]}" | grep -E '^native/(core|node)/.*\.cpp$')
  [ ${#files[@]} -gt 0 ] || { echo "no C++ file found"; return 1; }
  # Progress and the count of warnings in system headers are noise; xargs passes the failure on.
  set -o pipefail
  printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 4 sh -c 'exec clang-tidy-19 --quiet "$@" -- -std=c++20 -ffp-contract=off -Inative \
    -isystem node_modules/node-api-headers/include -isystem node_modules/node-addon-api -DNAPI_VERSION=8 -DNAPI_CPP_EXCEPTIONS 2>&1' tidy |
    grep -vE "^\[[0-9]+/[0-9]+\]|^[0-9]+ warnings? (and [0-9]+ errors? )?generated|^Error while processing" || [ "${PIPESTATUS[1]}" -eq 0 ]
}

check "biome: TypeScript, JavaScript, JSON" npx biome ci --colors=off .
check "clang-format" clang-format-19 --dry-run -Werror "${cxx[@]}"
check "clang-tidy" tidy
check "import directions, native/sources.txt" node scripts/check-imports.mjs

echo "counts: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
