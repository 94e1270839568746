#!/usr/bin/env bash
# Says clearly what a machine lacks, before anything is installed.
set -u
python=${1:-python3}
missing=0
lack() { printf 'Lynex needs %s.\n    On Debian or Ubuntu: %s\n' "$1" "$2" >&2; missing=1; }

if ! command -v "$python" >/dev/null 2>&1; then
  lack "Python 3.11 or newer (no '$python' was found)" "sudo apt-get install python3 python3-venv"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  lack "Python 3.11 or newer ('$python' is $("$python" --version 2>&1))" "install a newer one and run: make up PYTHON=python3.12"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  lack "Python's venv module" "sudo apt-get install python3-venv"
fi
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  lack "Node.js 20 or newer, with npm, to build the dashboard" "see nodejs.org, or: sudo apt-get install nodejs npm (where it is 20 or newer)"
elif ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'; then
  lack "Node.js 20 or newer (this is $(node --version))" "see nodejs.org"
fi
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64 | Linux-aarch64 | Darwin-arm64 | Darwin-x86_64) ;;
  *) lack "Linux or macOS on x86-64 or 64-bit Arm (the embedded engine has no build for $(uname -sm))" "use a machine of that kind" ;;
esac
exit "$missing"
