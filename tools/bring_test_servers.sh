#!/usr/bin/env bash
# The tests run the distributed engines for real. Brings what Debian offers when it may; says loudly what is missing.
set -u
wanted=()
have_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null 2>&1; }
command -v redis-server >/dev/null 2>&1 || wanted+=(redis-server)
have_postgres || wanted+=(postgresql)
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || wanted+=(chromium)
[ ${#wanted[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the tests: ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null && exit 0
fi
printf '\n*** The tests of these will be SKIPPED, because they are not installed: %s\n' "${wanted[*]}" >&2
printf '*** sudo apt-get install %s\n\n' "${wanted[*]}" >&2
exit 0
