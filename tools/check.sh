#!/usr/bin/env bash
# Every check, in the order in which they fail fastest. `make test` calls this. Two that keep one processor busy each
# run at once; what they say is shown one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$*"; }

# Hundreds of processes are started below: what they import is compiled once for all of them.
export PYTHONDONTWRITEBYTECODE=
# What the tests write is thrown away, and much of it asks for the disk's word before it goes on: memory is quicker.
free_kb=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1 || true)
available_kb=$(awk '/MemAvailable/ {print $2}' /proc/meminfo 2>/dev/null || true)
if [ "${free_kb:-0}" -gt 4000000 ] && [ "${available_kb:-0}" -gt 8000000 ]; then
  scratch=$(mktemp -d /dev/shm/lynex-check-XXXXXX)
else
  scratch=$(mktemp -d)
fi
chmod 711 "$scratch" # PostgreSQL's own user goes through it
export TMPDIR=$scratch
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$scratch"' EXIT

at_once() { # the names of functions
  local lane failed=() processes=()
  for lane in "$@"; do
    "$lane" >"$scratch/$lane.log" 2>&1 &
    processes+=($!)
  done
  for lane in "$@"; do
    wait "${processes[0]}" || failed+=("$lane")
    processes=("${processes[@]:1}")
    cat "$scratch/$lane.log"
  done
  [ ${#failed[@]} -eq 0 ] || { step "failed: ${failed[*]}"; return 1; }
}
code() {
  step "types"; $bin/mypy
  step "generated files are current"; $bin/python tools/check_generated.py
}
dashboard() { step "dashboard"; (cd dashboard && npm run --silent lint && npm run --silent test); }
benchmarks() { step "benchmarks, as smoke tests"; PYTHONPATH=. $bin/python -m benchmarks --size small; }
browser() { step "browser"; tools/browser_tests.sh; }

step "style";        $bin/ruff check .; $bin/ruff format --check .
step "imports";      $bin/lint-imports
at_once code dashboard
step "python tests"; $bin/pytest -n 2 --dist loadfile --no-loadscope-reorder
at_once benchmarks browser
step "all checks passed"
