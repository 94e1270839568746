"""What speaks HTTP loads nothing of the server, whose libraries take seconds."""

import subprocess
import sys

import pytest
from app.real_lynex import LYNEX

from lynex_server.app import key_commands, member_commands
from lynex_server.app.lazily import lazily
from lynex_server.identity.public import ROLES, SCOPES

HEAVY = {
    "fastapi",
    "sqlalchemy",
    "pydantic_settings",
    "httpx",
    "chdb",
    "uvicorn",
    "boto3",
    "redis",
    "psycopg",
    "argon2",
}
NOBODY = "http://127.0.0.1:1"


def imported(*arguments: str) -> set[str]:
    """The names of all modules that a command loads, until it ends."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", LYNEX, *arguments], capture_output=True, text=True, check=False
    )
    assert "lynex_server.app.cli" in done.stderr, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        f"keys list --url {NOBODY} --api-key x",
        f"audit list --url {NOBODY} --api-key x",
        f"members list --project p --url {NOBODY} --api-key x",
        f"privacy status --url {NOBODY} --api-key x",
        f"demo --traces 1 --url {NOBODY} --api-key x",
    ],
)
def test_what_speaks_http_loads_nothing_of_the_server(command: str) -> None:
    assert not imported(*command.split()) & HEAVY


def test_the_words_of_the_commands_are_those_of_the_api() -> None:
    assert key_commands.SCOPES == SCOPES
    assert member_commands.ROLES == ROLES


def test_a_module_is_loaded_when_it_is_used() -> None:
    sys.modules.pop("this", None)
    with lazily():
        import this  # noqa: PLC0415  # the only module that says when it is loaded
    assert type(this).__name__ == "_LazyModule"

    assert this.c == 97

    assert type(this) is type(sys)


def test_outside_imports_do_not_wait() -> None:
    finders = list(sys.meta_path)
    with lazily():
        assert sys.meta_path != finders
    assert sys.meta_path == finders
