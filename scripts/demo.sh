#!/usr/bin/env bash
# Sets up what the library needs and shows its main job: modified copies of a photograph are recognised, other pictures are let through.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

say "egide: set-up and demonstration. Logs are in $LOGS/."
need_node
compiler=yes
system_packages g++ make cmake || compiler=no
npm_packages

if stale dist/core.wasm native; then
  step "Compile the core to WebAssembly (the compiler came with npm)" npm run --silent build -- wasm
else
  skip_step "Compile the core to WebAssembly" "dist/core.wasm is up to date"
fi
if stale dist/entry/node.js src tsconfig.build.json; then
  step "Compile the TypeScript" npm run --silent build -- ts
else
  skip_step "Compile the TypeScript" "dist/ is up to date"
fi

addon() { [ -n "$(find prebuilds -name '*.node' -print -quit 2>/dev/null)" ]; }
newest_addon() { find prebuilds -name '*.node' -print -quit 2>/dev/null || true; }
if [ "$compiler" = no ]; then
  skip_step "Compile the addon" "there is no compiler. The demonstration runs on WebAssembly: same answers, slower"
elif addon && ! stale "$(newest_addon)" native CMakeLists.txt; then
  skip_step "Compile the addon" "it is up to date"
elif ! try_step "Compile the addon" npm run --silent build -- native; then
  say "The addon could not be built, so the demonstration runs on WebAssembly: same answers, slower."
fi

say
exec node scripts/demo.mjs
