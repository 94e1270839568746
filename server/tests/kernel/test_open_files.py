"""How many files and connections a process may have open."""

import subprocess
import sys

RAISED = """
import resource
from lynex_server.kernel.open_files import open_files, raise_open_files

resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
before = open_files()
raise_open_files()
print(before, open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
"""


def raised(soft: int, hard: int) -> list[int]:
    """What a process of these limits is allowed before and after, and its hard limit then."""
    asked = subprocess.run(
        [sys.executable, "-c", RAISED.format(soft=soft, hard=hard)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in asked.stdout.split()]


def test_a_process_may_open_as_many_as_it_could_have_asked_for():
    assert raised(soft=256, hard=900) == [256, 900, 900]


def test_a_process_that_has_them_all_is_left_as_it_is():
    assert raised(soft=300, hard=300) == [300, 300, 300]
