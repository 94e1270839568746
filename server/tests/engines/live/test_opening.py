"""A URL chooses the bus for live news."""

import pytest

from lynex_server.engines.live.opening import open_live


@pytest.mark.parametrize("url", ["", "memory:x", "kafka://host"])
def test_refuses_a_url_it_does_not_understand(url: str):
    with pytest.raises(ValueError, match="live URL"):
        open_live(url)
