"""The pages keep up with what they describe."""

import ast
import json
import re
from pathlib import Path

import pytest
from benchmarks.__main__ import BENCHMARKS
from tools.tidy import tree_of
from tools.write_span_fields_page import MEANINGS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in tree_of(ROOT).files if path.endswith(".md"))
PYTHON_BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_python_on_a_page_can_be_read_by_python(page: str) -> None:
    for indent, block in PYTHON_BLOCK.findall((ROOT / page).read_text("utf-8")):
        unindented = "\n".join(line.removeprefix(indent) for line in block.splitlines())

        ast.parse(unindented, page)


def test_the_api_page_tells_of_every_area() -> None:
    """Each route is on the permissions page, which is generated; this one is for finding one's way."""
    page = (ROOT / "docs/reference/http-api.md").read_text("utf-8")
    paths = json.loads((ROOT / "contract/openapi.json").read_text("utf-8"))["paths"]

    areas = {"/".join(path.split("/")[:3]) for path in paths}

    assert not [area for area in areas if area not in page]


def test_the_benchmarks_page_names_every_benchmark() -> None:
    page = (ROOT / "docs/reference/benchmarks.md").read_text("utf-8")

    assert not [name for name in BENCHMARKS if f"`{name}`" not in page]


def test_every_column_of_a_span_has_a_meaning_and_no_other_has() -> None:
    from_migrations = re.findall(
        r"^\| `(\w+)` \| (?:String|Nullable|DateTime|Map|Array)",
        (ROOT / "docs/reference/span-fields.md").read_text("utf-8"),
        re.MULTILINE,
    )

    assert from_migrations == list(MEANINGS)
