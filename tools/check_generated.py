"""Fails when a generated file differs from what its source would generate now. `make generate` mends it."""

import subprocess
import sys
import tempfile
from pathlib import Path

GENERATED = {
    "openapi": Path("contract/openapi.json"),
    "settings": Path("docs/reference/settings.md"),
}


def main() -> int:
    """Generate each file anew beside the committed one and compare."""
    stale = [str(path) for command, path in GENERATED.items() if _fresh(command) != path.read_text()]
    for path in stale:
        print(f"{path} is not what the code says now: run `make generate` and commit it", file=sys.stderr)
    return 1 if stale else 0


def _fresh(command: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "fresh"
        subprocess.run([Path(sys.executable).parent / "lynex", command, target], check=True)
        return target.read_text()


if __name__ == "__main__":
    raise SystemExit(main())
