"""How many calls a gateway takes at once."""

import pytest

from lynex_server.gateway.service import most_calls


@pytest.mark.parametrize(
    ("wished", "files", "taken"),
    [
        (10_000, None, 10_000),
        (10_000, 1_000_000, 10_000),
        (10_000, 20_000, 5_000),
        (10_000, 1_024, 256),
        (10, 1_024, 10),
        (10, 3, 1),
    ],
)
def test_takes_as_many_as_it_may_and_has_files_for(wished: int, files: int | None, taken: int):
    assert most_calls(wished, files) == taken
