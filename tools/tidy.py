"""The house rules that no linter knows, each as a function that says what to do: `python tools/tidy.py`.

A rule takes the tree of committed files and gives problems. Adding a rule is writing one more such function,
naming it in `RULES`, and showing in `tools/tests/test_tidy.py` that it finds what it should.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SERVER = "server/src/lynex_server"
FRAME = ("app", "engines", "kernel")
"""Packages of the server that are no slices: slices may use `engines` and `kernel`, and nobody uses `app`."""

READS_ENVIRONMENT = {
    f"{SERVER}/app/settings.py",
    f"{SERVER}/kernel/settings.py",
    "sdk/python/src/lynex/_internal/api.py",
    "sdk/python/src/lynex/_internal/runtime.py",
}
"""The server's settings; and where the SDK is configured: by a call, or by the first use without one."""

DECISION_SECTIONS = ("Context", "Decision", "Consequences", "Alternatives", "What enforces it")

_TEXT_SUFFIXES = frozenset(
    {".py", ".md", ".toml", ".sql", ".sh", ".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".svg"}
    | {".json", ".lock", ".in", ".yml", ".yaml", ".txt"}
)
_TEXT_NAMES = frozenset({"Makefile", "LICENSE", ".gitignore", ".npmrc"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a rule is broken, and what to do about it."""

    path: str
    line: int
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.advice}"


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a checkout, as paths from its root."""

    root: Path
    files: tuple[str, ...]

    def text(self, path: str) -> str:
        """The content of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def below(self, folder: str, suffix: str) -> Iterator[str]:
        """Files under `folder` ("" for all) that end with `suffix`."""
        start = f"{folder}/" if folder else ""
        return (path for path in self.files if path.startswith(start) and path.endswith(suffix))

    def texts(self) -> Iterator[str]:
        """Files that people write. What other programs recorded (`contract/golden`) is as it came."""
        for path in self.files:
            name = path.rpartition("/")[2]
            is_text = Path(name).suffix in _TEXT_SUFFIXES or name in _TEXT_NAMES
            if is_text and not path.startswith("contract/golden/"):
                yield path


Rule = Callable[[Tree], Iterator[Problem]]


def tree_of(root: Path) -> Tree:
    """Every file that git tracks or would track; those deleted but not yet committed are left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return Tree(root, tuple(sorted(path for path in listed.split("\0") if path and (root / path).is_file())))


def doors(tree: Tree) -> Iterator[Problem]:
    """Across slices only `<slice>.public` is imported; `app` too comes in by the doors."""
    slices = _slices(tree)
    for path in tree.below(SERVER, ".py"):
        home = path.removeprefix(f"{SERVER}/").partition("/")[0]
        for line, module in _imported_modules(tree, path):
            _, _, inner = module.partition("lynex_server.")
            target, _, part = inner.partition(".")
            if target in slices and target != home and part.partition(".")[0] != "public":
                yield Problem(
                    path,
                    line,
                    f"imports {module}: take it from lynex_server.{target}.public, or move it down a tier",
                )


def every_slice_has_a_door(tree: Tree) -> Iterator[Problem]:
    """A slice without `public.py` could be used by nobody, or only by breaking the rule above."""
    for name in sorted(_slices(tree)):
        if f"{SERVER}/{name}/public.py" not in tree.files:
            yield Problem(f"{SERVER}/{name}", 1, "a slice needs a public.py that says what others may use")


def doors_hold_what_is_taken(tree: Tree) -> Iterator[Problem]:
    """What is offered at a door can no longer be changed freely: only what somebody takes is worth that."""
    taken: dict[str, set[str]] = {}
    for path in tree.below("", ".py"):
        text = tree.text(path)
        for slice_name, names in _TAKEN.findall(text):
            taken.setdefault(slice_name, set()).update(re.findall(r"\w+", names))
        for slice_name, door in _DOOR.findall(text):
            taken.setdefault(slice_name, set()).update(re.findall(rf"\b{door}\.(\w+)", text))
    for slice_name in sorted(_slices(tree)):
        path = f"{SERVER}/{slice_name}/public.py"
        for name in _exported(tree, path) - taken.get(slice_name, set()) if path in tree.files else ():
            yield Problem(path, 1, f"nobody outside takes {name}: leave it out until somebody does")


def function_level_imports(tree: Tree) -> Iterator[Problem]:
    """An import in a function hides a ring, or is a deliberate exception that says why."""
    for path in _sources(tree):
        lines = tree.text(path).splitlines()
        for function in ast.walk(_parsed(tree, path)):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom) and not _explained(lines[node.lineno - 1]):
                    advice = "import at the top; move the shared thing down if that makes a ring. A real "
                    advice += "exception says why on its line: `# noqa: PLC0415  # reason`"
                    yield Problem(path, node.lineno, advice)


def silenced_checks_say_why(tree: Tree) -> Iterator[Problem]:
    """An exception from a linter or type checker carries its reason on the same line."""
    for path in tree.below("", ".py"):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if _SILENCED.search(line) and not _explained(line):
                yield Problem(
                    path, number, "say on this line why the check is wrong here: `# noqa: X  # why`"
                )


def environment(tree: Tree) -> Iterator[Problem]:
    """Settings are data, read once; nothing else looks at the environment."""
    for path in _sources(tree):
        if path in READS_ENVIRONMENT:
            continue
        for node in ast.walk(_parsed(tree, path)):
            if isinstance(node, ast.Attribute | ast.ImportFrom) and _is_environment(node):
                advice = "declare a setting in the slice's settings.py instead of reading the environment"
                yield Problem(path, node.lineno, advice)


def leftover_markers(tree: Tree) -> Iterator[Problem]:
    """What is worth doing is done or is an issue; a note in the code is neither."""
    for path in tree.texts():
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if _MARKER.search(line):
                yield Problem(path, number, "do it now or open an issue; leave no marker in the code")


def hosts_and_machine_paths(tree: Tree) -> Iterator[Problem]:
    """A clone must install from whatever index its user has, and run in any folder."""
    for path in tree.texts():
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if _REGISTRY.search(line):
                yield Problem(path, number, "name no package registry: the user's own configuration does")
            if _MACHINE_PATH.search(line):
                yield Problem(path, number, "name no folder of one machine: write a path from the root")


def links(tree: Tree) -> Iterator[Problem]:
    """A link between our own pages leads somewhere, down to its heading."""
    for path in tree.below("", ".md"):
        for number, target in _links_in(tree.text(path)):
            file, _, anchor = target.partition("#")
            found = (tree.root / path).parent.joinpath(file).resolve() if file else tree.root / path
            if not found.exists():
                yield Problem(path, number, f"{target}: no such file; write a path relative to this page")
            elif anchor and found.suffix == ".md" and anchor not in _anchors(found.read_text("utf-8")):
                yield Problem(path, number, f"{target}: the page has no such heading")


def pages_are_reachable(tree: Tree) -> Iterator[Problem]:
    """A page that no other page links to is read by nobody."""
    linked = set()
    for path in tree.below("", ".md"):
        for _, target in _links_in(tree.text(path)):
            file = target.partition("#")[0]
            if file:
                linked.add((tree.root / path).parent.joinpath(file).resolve())
    for path in tree.below("docs", ".md"):
        if (tree.root / path).resolve() not in linked:
            yield Problem(path, 1, "link to this page, for example from docs/README.md")


def decisions(tree: Tree) -> Iterator[Problem]:
    """A decision is one page with the same five headings, and says what enforces it."""
    for path in tree.below("docs/decisions", ".md"):
        if path.endswith("/README.md"):
            continue
        headings = re.findall(r"^## (.+)$", tree.text(path), re.MULTILINE)
        missing = [section for section in DECISION_SECTIONS if section not in headings]
        if missing:
            yield Problem(path, 1, f"add the headings: {', '.join(missing)}")


def numbers_are_given_once(tree: Tree) -> Iterator[Problem]:
    """Two branches may have taken the same next number for a decision; whoever lands second takes another."""
    taken: set[str] = set()
    for path in tree.below("docs/decisions", ".md"):
        number = path.removeprefix("docs/decisions/").partition("-")[0]
        if number in taken:
            yield Problem(path, 1, f"{number} is taken: rename this file to the next free number")
        taken.add(number)


RULES: tuple[Rule, ...] = (
    doors,
    every_slice_has_a_door,
    doors_hold_what_is_taken,
    function_level_imports,
    silenced_checks_say_why,
    environment,
    leftover_markers,
    hosts_and_machine_paths,
    links,
    pages_are_reachable,
    decisions,
    numbers_are_given_once,
)

_TAKEN = re.compile(r"^\s*from lynex_server\.(\w+)\.public import (\([^)]*\)|.*)", re.MULTILINE)
_DOOR = re.compile(r"^\s*from lynex_server\.(\w+) import public as (\w+)", re.MULTILINE)
_SILENCED = re.compile(r"#\s*(?:noqa\b|type:\s*ignore\b)")
_REASON = re.compile(r"#\s*(?:noqa:\s*[A-Z0-9, ]+?|type:\s*ignore\[[a-z, -]+\])\s*(?:#|-|–)\s*\w")
_MARKER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
_REGISTRY = re.compile(r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|registry\.yarnpkg\.com)\b")
_MACHINE_PATH = re.compile(r"(?<![\w.~})])/(?:(?:home|Users)/(?!app\b)|(?:root|work|workspace)/)\w")
_LINK = re.compile(
    r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<(?:img|source)\b[^>]*?\bsrc(?:set)?=\"([^\"]+)\""
)
_FENCE = re.compile(r"^\s*(```|~~~)")


def _slices(tree: Tree) -> set[str]:
    """Packages of the server other than its frame."""
    packages = (path.removeprefix(f"{SERVER}/") for path in tree.below(SERVER, "/__init__.py"))
    return {package.partition("/")[0] for package in packages if package.count("/") == 1} - set(FRAME)


def _sources(tree: Tree) -> Iterator[str]:
    yield from tree.below(SERVER, ".py")
    yield from tree.below("sdk/python/src", ".py")


@cache
def _parsed(tree: Tree, path: str) -> ast.Module:
    return ast.parse(tree.text(path), path)


def _exported(tree: Tree, path: str) -> set[str]:
    """The names of a module's `__all__`."""
    for node in _parsed(tree, path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def _imported_modules(tree: Tree, path: str) -> Iterator[tuple[int, str]]:
    """Every module that a file imports; `from a.b import c` names `a.b.c`, for `c` may be a module."""
    for node in ast.walk(_parsed(tree, path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _is_environment(node: ast.Attribute | ast.ImportFrom) -> bool:
    names = ("environ", "environb", "getenv")
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(alias.name in names for alias in node.names)
    return node.attr in names and isinstance(node.value, ast.Name) and node.value.id == "os"


def _explained(line: str) -> bool:
    return _REASON.search(line) is not None


def _links_in(page: str) -> Iterator[tuple[int, str]]:
    """Links to our own files, with their lines; code blocks and addresses elsewhere are left out."""
    fenced = False
    for number, line in enumerate(page.splitlines(), 1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            for markdown, html in _LINK.findall(re.sub(r"`[^`]*`", "", line)):
                target = markdown or html
                if not re.match(r"[a-z]+:", target) and not target.startswith("<"):
                    yield number, target


def _anchors(page: str) -> set[str]:
    """The headings of a page as links name them: lower case, no punctuation, dashes for blanks."""
    headings = re.findall(r"^#{1,6} (.+?)\s*$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def main() -> int:
    """Print every problem of the repository that this file is in."""
    tree = tree_of(Path(__file__).resolve().parent.parent)
    problems = [problem for rule in RULES for problem in rule(tree)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
