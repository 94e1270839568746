"""Fails when a generated file differs from what its source would generate now. `make generate` mends it."""

import subprocess
import sys
import tempfile
from pathlib import Path

_TYPESCRIPT = "dashboard/node_modules/.bin/openapi-typescript"
_LYNEX = str(Path(sys.executable).parent / "lynex")

GENERATED: dict[str, tuple[str, ...]] = {
    "contract/openapi.json": (_LYNEX, "openapi"),
    "docs/reference/settings.md": (_LYNEX, "settings"),
    "docs/reference/attributes.md": (sys.executable, "tools/write_attributes_page.py"),
    "docs/reference/span-fields.md": (sys.executable, "tools/write_span_fields_page.py"),
    "docs/reference/cli.md": (sys.executable, "tools/write_cli_page.py"),
    "docs/reference/permissions.md": (sys.executable, "tools/write_permissions_page.py"),
    "dashboard/src/api/generated.ts": (_TYPESCRIPT, "contract/openapi.json", "--output"),
}
"""File → the command that writes it, given a path as its last word."""


def main() -> int:
    """Generate each file anew beside the committed one and compare."""
    stale = [path for path, command in GENERATED.items() if _fresh(command) != _committed(path)]
    for path in stale:
        print(f"{path} is not what the code says now: run `make generate` and commit it", file=sys.stderr)
    return 1 if stale else 0


def _committed(path: str) -> str | None:
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else None


def _fresh(command: tuple[str, ...]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "fresh"
        subprocess.run([*command, target], check=True, stdout=subprocess.DEVNULL)
        return target.read_text(encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
