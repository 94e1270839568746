"""Whether a text is JSON that keeps a schema. Pure."""

import json
import re
from typing import Any, Final

import jsonschema_rs

MAX_PROBLEMS: Final = 5
MAX_PROBLEM_CHARS: Final = 300

_FENCED = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\r?\n(.*?)\r?\n?[ \t]*```", re.DOTALL)


def problems_with(text: str, schema: jsonschema_rs.Validator) -> tuple[str, ...]:
    """Where the text does not keep the schema, five places at most; empty when it does.

    The text is JSON, or has it in a fence (three backticks), as models like to write it.
    """
    found: list[str] = []
    try:
        for problem in schema.iter_errors(_read(text)):
            place = "/".join(str(step) for step in problem.instance_path)
            found.append(f"at /{place}: {problem.message}"[:MAX_PROBLEM_CHARS])
            if len(found) == MAX_PROBLEMS:
                break
    except (ValueError, RecursionError) as error:  # the latter: nested too deep to be read or checked
        return (f"this is not JSON: {error}"[:MAX_PROBLEM_CHARS],)
    return tuple(found)


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError:
        fenced = _FENCED.search(text)
        if fenced is None:
            raise
        return json.loads(fenced[1], parse_constant=_refuse)


def _refuse(constant: str) -> None:
    """Python reads `NaN` and `Infinity`, which JSON has not."""
    raise ValueError(f"{constant} is no number")
