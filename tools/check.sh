#!/usr/bin/env bash
# Every check, in the order in which they fail fastest. `make test` calls this.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$*"; }

step "style";        $bin/ruff check .; $bin/ruff format --check .
step "imports";      $bin/lint-imports
step "types";        $bin/mypy
step "generated files are current"; $bin/python tools/check_generated.py
step "dashboard";    (cd dashboard && npm run --silent lint && npm run --silent test)
step "python tests"; $bin/pytest -n 2 --dist loadfile --no-loadscope-reorder
step "benchmarks, as smoke tests"; PYTHONPATH=. $bin/python -m benchmarks --size small
step "browser";      tools/browser_tests.sh
step "all checks passed"
