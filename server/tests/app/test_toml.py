"""What is written as TOML is read back as it was."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lynex_server.app.toml import toml_value

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_PLAIN = _TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
_VALUES = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4)
)


@given(_VALUES)
def test_a_value_survives(value: object) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}") == {"value": value}


def test_what_is_null_is_left_out_of_a_table_and_refused_in_a_list() -> None:
    assert tomllib.loads(f"value = {toml_value({'a': None, 'b': 1})}") == {"value": {"b": 1}}
    with pytest.raises(ValueError, match="NoneType"):
        toml_value([None])
