# Shared by demo.sh and test.sh: numbered steps, quiet logs that are shown on failure, system packages, counted parts.
# Source it from the top folder.
LOGS=${LOGS:-.cache/logs}
mkdir -p "$LOGS"
step_number=0

say() { printf '%s\n' "$*"; }

elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# Runs a command with its output in a log; on a terminal shows the seconds pass. Returns the command's own status.
quietly() { # title log command...
  local title=$1 log=$2 started=$SECONDS status=0
  shift 2
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  # A background job of a script ignores Ctrl-C by itself.
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    if [ -t 1 ]; then printf '\r%s ... %d s ' "$title" $((SECONDS - started)); fi
    sleep 0.2
  done
  wait "$pid" || status=$?
  trap - INT TERM
  took=$((SECONDS - started))
  if [ -t 1 ]; then printf '\r\033[K'; fi
  return "$status"
}

# A numbered step of the set-up. Its failure is returned, after the end of its log was shown.
try_step() { # title command...
  local title=$1 log status=0
  shift
  step_number=$((step_number + 1))
  log="$LOGS/step-$step_number.log"
  [ -t 1 ] || say "[$(elapsed)] $step_number. $title ..."
  quietly "[$(elapsed)] $step_number. $title" "$log" "$@" || status=$?
  if [ "$status" -eq 0 ]; then
    say "[$(elapsed)] $step_number. $title: done in $took s"
  else
    say "[$(elapsed)] $step_number. $title: FAILED (status $status). The end of $log:"
    tail -n 40 "$log" | sed 's/^/    /'
  fi
  return "$status"
}

step() { try_step "$@" || { say "Stopped: the step above is needed for everything after it."; exit 1; }; }

skip_step() { # title reason
  step_number=$((step_number + 1))
  say "[$(elapsed)] $step_number. $1: skipped, $2"
}

# True if the target is missing or one of the sources is newer.
stale() { # target source...
  local target=$1
  shift
  [ ! -e "$target" ] || [ -n "$(find "$@" -newer "$target" -type f -print -quit)" ]
}

need_node() {
  command -v node >/dev/null && command -v npm >/dev/null || { say "Node 20.19 or later and npm are needed: install them first."; exit 1; }
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' ||
    { say "Node 20.19 or later is needed; this is $(node --version)."; exit 1; }
}

missing_packages() {
  for package in "$@"; do
    dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || printf '%s ' "$package"
  done
}

apt_install() {
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q -o Acquire::Retries=3
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends -o Acquire::Retries=3 "$@"
}

# Installs what is missing of the Debian packages named. Returns 1 if it cannot.
system_packages() {
  local title="Install compilers and tools (apt-get)" missing
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    skip_step "$title" "this is no Debian: bring the equivalent of: $*"
    return 0
  fi
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then
    skip_step "$title" "all are there"
    return 0
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    skip_step "$title" "neither root nor sudo. Missing: $missing"
    return 1
  fi
  # A password prompt must be seen: ask before the output goes to a log.
  [ "$(id -u)" -eq 0 ] || sudo -v || return 1
  # shellcheck disable=SC2086 # a list of words
  try_step "$title: $missing" apt_install $missing
}

npm_packages() {
  if [ -L node_modules ]; then
    skip_step "Install npm packages (npm ci)" "node_modules is a link to another folder's"
  elif [ node_modules/.package-lock.json -nt package-lock.json ]; then
    skip_step "Install npm packages (npm ci)" "they are there"
  else
    step "Install npm packages (npm ci, about 500 MB)" npm ci --no-audit --no-fund
  fi
}

total_passed=0
total_failed=0
total_skipped=0

# Runs one part, adds up the last "counts:" line of its log. A part that crashes, or that ran nothing, counts as a failure.
run_part() { # name command...
  local name=$1 log="$LOGS/$1.log" status=0 counts passed=0 failed=0 skipped=0
  shift
  [ -t 1 ] || say "[$(elapsed)] $name ..."
  quietly "[$(elapsed)] $name" "$log" "$@" || status=$?
  counts=$(grep -aE '^counts: [0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1 || true)
  if [ -n "$counts" ]; then
    passed=$(sed -E 's/^counts: ([0-9]+) passed.*/\1/' <<<"$counts")
    failed=$(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"$counts")
    [[ $counts != *skipped* ]] || skipped=$(sed -E 's/.* ([0-9]+) skipped.*/\1/' <<<"$counts")
  fi
  if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$passed" -eq 0 ]; }; then failed=1; fi
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  total_skipped=$((total_skipped + skipped))
  printf '[%s]    %-9s %4d ok %4d bad %4d skipped  %4d s\n' "$(elapsed)" "$name" "$passed" "$failed" "$skipped" "$took"
  # Every skip is printed with its reason where it is decided.
  grep -aE 'skipped(:|, because) ' "$log" | sort -u | sed 's/^/           /' || true
  if [ "$failed" -gt 0 ]; then
    say "        The end of $log (status $status):"
    tail -n 80 "$log" | sed 's/^/    | /'
  fi
}
