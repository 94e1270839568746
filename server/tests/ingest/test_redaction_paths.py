"""Places within a span: which are meant, and what becomes of what cannot be read."""

import json
from typing import Any

import pytest

from lynex_server.ingest.redaction.paths import read_path, without

MARK = "[redacted:field]"


def removed(value: Any, *paths: str) -> Any:
    return without(value, [tuple(path.split(".")) for path in paths], MARK)[0]


@pytest.mark.parametrize(
    "path", ["", "name", "input..a", "input.", "metadata", "attributes", "input" + ".a" * 21]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"a path begins|steps|name a key"):
        read_path(path)


def test_a_star_is_any_one_step() -> None:
    assert removed({"a": {"x": 1, "y": 2}, "b": 3}, "a.*") == {"a": {"x": MARK, "y": MARK}, "b": 3}
    assert removed([{"t": "s", "u": 1}], "*.t") == [{"t": MARK, "u": 1}]


def test_a_dotted_key_counts_as_its_steps() -> None:
    assert removed({"a.b": {"c": "s"}}, "a.b.c") == {"a.b": {"c": MARK}}
    assert removed({"a.b": "s"}, "a") == {"a.b": "s"}


def test_what_is_given_is_not_changed() -> None:
    given = {"a": ["s"]}

    assert removed(given, "a.0") == {"a": [MARK]}
    assert given == {"a": ["s"]}


def test_json_within_json_is_looked_into() -> None:
    inner = json.dumps({"b": "s"})

    assert json.loads(removed(json.dumps({"a": inner}), "a.b"))["a"] == '{"b":"[redacted:field]"}'


def test_text_that_is_not_hit_stays_as_it_was_written() -> None:
    assert removed('{ "b" : 1 }', "a") == '{ "b" : 1 }'


@pytest.mark.parametrize("broken", ['{"a": "s', "[1, 2", "{'a': 1}"])
def test_what_begins_like_json_and_cannot_be_read_goes_whole(broken: str) -> None:
    assert removed(broken, "a") == MARK


def test_text_nested_beyond_reading_goes_whole() -> None:
    assert removed("[" * 100_000 + "]" * 100_000, "*.a") == MARK


def test_half_an_emoji_within_json_text_does_no_harm() -> None:
    left = removed('{"a": "s", "b": "\\ud83d"}', "a")

    assert left.encode()
    assert json.loads(left)["a"] == MARK
