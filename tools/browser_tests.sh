#!/usr/bin/env bash
# The dashboard in a real browser: against its typed mock, then against a real Lynex that was just started.
set -euo pipefail
cd "$(dirname "$0")/.."

chromium=${LYNEX_E2E_CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
if [ -z "$chromium" ]; then
  printf '\n*** The browser tests are SKIPPED: no Chromium. sudo apt-get install chromium\n' >&2
  exit 0
fi
export LYNEX_E2E_CHROMIUM=$chromium

(cd dashboard && npm run --silent e2e)

folder=$(mktemp -d)
port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
key="lx_e2e_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
LYNEX_DATA_DIR=$folder LYNEX_HOST=127.0.0.1 LYNEX_PORT=$port LYNEX_BOOTSTRAP_API_KEY=$key LYNEX_OUTGOING_ALLOWED_NETWORKS=127.0.0.1/32 \
  .venv/bin/lynex up >"$folder/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 300); do
  .venv/bin/python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/readyz')" 2>/dev/null && break
  kill -0 "$server" 2>/dev/null || { cat "$folder/server.log" >&2; exit 1; }
  sleep 0.2
done
owner_link=$(grep -o "http://127.0.0.1:$port/sign-in#token=[A-Za-z0-9_-]*" "$folder/server.log" | head -n 1)
(cd dashboard && LYNEX_E2E_URL="http://127.0.0.1:$port" LYNEX_E2E_KEY=$key LYNEX_E2E_OWNER_LINK=$owner_link npm run --silent e2e)
