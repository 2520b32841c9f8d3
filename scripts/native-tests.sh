#!/usr/bin/env bash
# Builds and runs the C++ tests: `native-tests.sh sanitized` (g++ with ASan and UBSan, this machine's kernels) or
# `native-tests.sh aarch64` (cross-built, run by qemu: the NEON kernels).
set -euo pipefail
cd "$(dirname "$0")/.."

variant=${1:?sanitized or aarch64}
mkdir -p .cache
folder=.cache/native-$variant
case $variant in
  sanitized)
    flags="-O1 -g -fno-omit-frame-pointer"
    configure=(-DCMAKE_CXX_COMPILER=g++ -DEGIDE_SANITIZE=address,undefined)
    run=()
    ;;
  aarch64)
    flags="-O2"
    configure=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++)
    run=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
    ;;
  *) echo "no such variant: $variant" >&2; exit 1 ;;
esac

cmake -S . -B "$folder" -DEGIDE_TESTS=ON -DCMAKE_BUILD_TYPE=None "${configure[@]}" -DCMAKE_CXX_FLAGS="$flags" >"$folder.configure.log" 2>&1 || { cat "$folder.configure.log"; exit 1; }
cmake --build "$folder" --parallel "$(nproc)"

status=0
output=$("${run[@]}" "$folder/egide_tests" --no-colors=true 2>&1) || status=$?
printf '%s\n' "$output"
cases=$(sed -nE 's/^\[doctest\] test cases: +[0-9]+ +\| +([0-9]+) passed +\| +([0-9]+) failed.*/\1 \2/p' <<<"$output" | tail -n 1)
read -r passed failed <<<"${cases:-0 0}"
# A crash leaves no summary.
if [ "$failed" -eq 0 ] && [ "$status" -ne 0 ]; then failed=1; fi
echo "counts: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
