#!/usr/bin/env bash
# No SDK: one event by curl. Prints the server's verdict.
#
#     LYNEX_URL=... LYNEX_API_KEY=... bash examples/curl.sh
set -euo pipefail

curl --fail --silent --show-error "$LYNEX_URL/v1/events" \
  -H "Authorization: Bearer $LYNEX_API_KEY" \
  -H "Content-Type: application/json" \
  -d @- <<EVENT
{
  "ts": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "user_id": "ann",
  "route": "/chat",
  "provider": "openai",
  "model": "gpt-4o-mini",
  "tokens_in": 812,
  "tokens_out": 64,
  "latency_ms": 1250,
  "status": "ok"
}
EVENT
echo
