"""Values as TOML 1.0 on one line: the standard library reads TOML and does not write it."""

import json
from typing import Any


def toml_value(value: Any) -> str:
    """The value. TOML has no null: such members of a table are left out. Raises `ValueError` for one in a
    list.

    >>> toml_value({"a b": [1, True, 'say "hi"'], "none": None})
    '{ "a b" = [1, true, "say \\\\"hi\\\\""] }'
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        members = [f"{_text(name)} = {toml_value(each)}" for name, each in value.items() if each is not None]
        return f"{{ {', '.join(members)} }}" if members else "{}"
    if isinstance(value, list):
        return f"[{', '.join(toml_value(each) for each in value)}]"
    raise ValueError(f"TOML has no {type(value).__name__}")


def _text(text: str) -> str:
    # JSON escapes as TOML does, but leaves one control character as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
