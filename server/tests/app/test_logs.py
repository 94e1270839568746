"""What the log says of a fault, and what it must not."""

import subprocess
import sys

import pytest

PROGRAM = """
import structlog
from lynex_server.app.logs import configure_logs
configure_logs("{log_format}")
try:
    secret = "MARKER" + "-of-a-user"
    raise ValueError("the fault")
except ValueError:
    structlog.get_logger().exception("it.failed")
"""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_tells_where_and_not_what_was_in_hand(log_format: str) -> None:
    """Local variables hold users' texts and secrets."""
    program = PROGRAM.format(log_format=log_format)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "the fault" in ran.stderr
    assert "line" in ran.stderr
    assert "MARKER-of-a-user" not in ran.stderr
