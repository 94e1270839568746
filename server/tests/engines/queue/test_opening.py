"""A URL chooses the queue."""

from pathlib import Path

import pytest
from clocks import FixedClock

from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import QueueBounds


def test_opens_a_file_by_its_absolute_or_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for url in (f"sqlite:///{tmp_path}/absolute/queue.db", "sqlite:///relative/queue 1.db"):
        open_queue(url, QueueBounds(), FixedClock()).close()

    assert (tmp_path / "absolute" / "queue.db").exists()
    assert (tmp_path / "relative" / "queue 1.db").exists()


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "queue.db", "postgresql://host/db"])
def test_refuses_a_url_it_does_not_understand(url: str):
    with pytest.raises(ValueError, match="queue URL"):
        open_queue(url, QueueBounds(), FixedClock())
