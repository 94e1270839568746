"""The repository keeps its house rules, and each rule finds what it is there to find."""

from pathlib import Path

import pytest
from tools.tidy import (
    DECISION_SECTIONS,
    RULES,
    Rule,
    Tree,
    decisions,
    doors,
    doors_hold_what_is_taken,
    environment,
    every_slice_has_a_door,
    function_level_imports,
    hosts_and_machine_paths,
    leftover_markers,
    links,
    numbers_are_given_once,
    pages_are_reachable,
    silenced_checks_say_why,
    tree_of,
)

NOQA = "#" + " noqa"
IGNORE = "#" + " type: ignore"
ROOT = Path(__file__).resolve().parents[2]
SERVER = "server/src/lynex_server"
SLICES = {
    f"{SERVER}/{name}/{file}": "" for name in ("ingest", "pricing") for file in ("__init__.py", "public.py")
}


@pytest.fixture(scope="session")
def repository() -> Tree:
    return tree_of(ROOT)


def a_tree(root: Path, files: dict[str, str]) -> Tree:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Tree(root, tuple(sorted(files)))


def broken_at(rule: Rule, tree: Tree) -> list[tuple[str, int]]:
    return [(problem.path, problem.line) for problem in rule(tree)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rule(rule: Rule, repository: Tree) -> None:
    problems = [str(problem) for problem in rule(repository)]

    assert not problems, "\n" + "\n".join(problems)


def test_an_import_past_the_door_of_another_slice_is_found(tmp_path: Path) -> None:
    path = f"{SERVER}/ingest/service.py"
    source = "from lynex_server.pricing.rates import Rates\nimport lynex_server.pricing.book\n"
    tree = a_tree(tmp_path, {**SLICES, path: source})

    assert broken_at(doors, tree) == [(path, 1), (path, 2)]


def test_imports_by_the_door_and_within_the_slice_are_fine(tmp_path: Path) -> None:
    source = (
        "from lynex_server.pricing import public as pricing\n"
        "from lynex_server.pricing.public import Usage\n"
        "from lynex_server.ingest.values import count_from\n"
        "from lynex_server.kernel.clock import Clock\n"
    )
    tree = a_tree(tmp_path, {**SLICES, f"{SERVER}/ingest/service.py": source})

    assert broken_at(doors, tree) == []


def test_the_app_too_comes_in_by_the_door(tmp_path: Path) -> None:
    path = f"{SERVER}/app/system.py"
    tree = a_tree(tmp_path, {**SLICES, path: "from lynex_server.pricing.book import PriceBook\n"})

    assert broken_at(doors, tree) == [(path, 1)]


def test_a_slice_without_a_door_is_found(tmp_path: Path) -> None:
    tree = a_tree(tmp_path, {f"{SERVER}/pricing/__init__.py": "", f"{SERVER}/kernel/__init__.py": ""})

    assert broken_at(every_slice_has_a_door, tree) == [(f"{SERVER}/pricing", 1)]


def test_what_nobody_takes_from_a_door_is_found(tmp_path: Path) -> None:
    door = f"{SERVER}/pricing/public.py"
    names = ("PriceBook", "Usage", "Rates", "Unit")
    files = {
        door: f"__all__ = {list(names)!r}\n",
        f"{SERVER}/ingest/usage.py": "from lynex_server.pricing.public import (\n    PriceBook, Usage\n)\n",
        "server/tests/test_prices.py": "from lynex_server.pricing import public as money\n\nmoney.Rates()\n",
    }
    tree = a_tree(tmp_path, {**SLICES, **files})

    assert [str(problem) for problem in doors_hold_what_is_taken(tree)] == [
        f"{door}:1: nobody outside takes Unit: leave it out until somebody does"
    ]


def test_an_import_in_a_function_needs_a_reason_on_its_line(tmp_path: Path) -> None:
    path = f"{SERVER}/app/cli.py"
    source = (
        "def bare():\n    import fcntl\n"
        f"def silenced():\n    import fcntl  {NOQA}: PLC0415\n"
        "def explained():\n    import fcntl  # noqa: PLC0415  # POSIX only\n"
    )
    tree = a_tree(tmp_path, {path: source})

    assert broken_at(function_level_imports, tree) == [(path, 2), (path, 4)]


def test_a_silenced_check_says_why(tmp_path: Path) -> None:
    path = "sdk/python/src/lynex/a.py"
    source = (
        f"a = 1  {IGNORE}\n"
        f"b = 2  {IGNORE}[misc]\n"
        f"c = 3  {IGNORE}[misc]  # the stub is wrong\n"
        "d = 4  # noqa: S311 - no secret\n"
    )
    tree = a_tree(tmp_path, {path: source})

    assert broken_at(silenced_checks_say_why, tree) == [(path, 1), (path, 2)]


@pytest.mark.parametrize("line", ["os.environ['A']", "os.getenv('A')", "from os import environ"])
def test_reading_the_environment_outside_the_settings_is_found(tmp_path: Path, line: str) -> None:
    path = f"{SERVER}/query/run.py"
    tree = a_tree(tmp_path, {path: line, f"{SERVER}/app/settings.py": line})

    assert broken_at(environment, tree) == [(path, 1)]


@pytest.mark.parametrize("marker", ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
def test_a_leftover_marker_is_found(tmp_path: Path, marker: str) -> None:
    tree = a_tree(tmp_path, {"a.sql": f"SELECT 1\n-- {marker}: later", "b.md": f"no {marker.lower()}s here"})

    assert broken_at(leftover_markers, tree) == [("a.sql", 2)]


@pytest.mark.parametrize("text", ["https://registry.npm" + "js.org/a", "py" + "pi.org", "/ro" + "ot/a"])
def test_registry_hosts_and_folders_of_one_machine_are_found(tmp_path: Path, text: str) -> None:
    tree = a_tree(tmp_path, {"package-lock.json": f"ok\n{text}", "contract/golden/a.json": text})

    assert broken_at(hosts_and_machine_paths, tree) == [("package-lock.json", 2)]


def test_links_lead_to_files_and_headings(tmp_path: Path) -> None:
    page = (
        "# Page\n"
        "[gone](gone.md) ![picture](images/a.png)\n"
        '[here](#page) [there](b.md#two-words) [nowhere](b.md#none) <img src="none.png">\n'
        "[web](https://example.org) `[code](none.md)`\n"
        "```\n[code](none.md)\n```\n"
    )
    tree = a_tree(tmp_path, {"a.md": page, "b.md": "## Two words!", "images/a.png": ""})

    assert broken_at(links, tree) == [("a.md", 2), ("a.md", 3), ("a.md", 3)]


def test_a_page_that_nothing_links_to_is_found(tmp_path: Path) -> None:
    tree = a_tree(tmp_path, {"README.md": "[docs](docs/a.md)", "docs/a.md": "", "docs/b.md": ""})

    assert broken_at(pages_are_reachable, tree) == [("docs/b.md", 1)]


def test_a_decision_without_its_headings_is_found(tmp_path: Path) -> None:
    whole = "\n".join(f"## {section}" for section in DECISION_SECTIONS)
    tree = a_tree(
        tmp_path,
        {
            "docs/decisions/0001-a.md": whole,
            "docs/decisions/0002-b.md": "## Context",
            "docs/decisions/README.md": "",
        },
    )

    assert broken_at(decisions, tree) == [("docs/decisions/0002-b.md", 1)]


def test_a_number_that_is_given_twice_is_found(tmp_path: Path) -> None:
    paths = ("docs/decisions/0001-a.md", "docs/decisions/0001-b.md", "docs/decisions/README.md")
    tree = a_tree(tmp_path, dict.fromkeys(paths, ""))

    assert broken_at(numbers_are_given_once, tree) == [("docs/decisions/0001-b.md", 1)]
