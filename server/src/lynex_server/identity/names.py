"""What names, ids and addresses may look like. Each function gives what is stored; else `InvalidInput`."""

import re

from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.ids import ProjectId, new_id

MAX_NAME_CHARS = 200
MAX_EMAIL_CHARS = 254
"""RFC 5321, section 4.5.3.1.3: a path of 256 characters, its angle brackets included."""

_PROJECT_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+|[^@\s]{1,64}@localhost")


def checked_name(name: str) -> str:
    """A name that people read: 1 to `MAX_NAME_CHARS` printable characters."""
    if not 0 < len(name.strip()) <= MAX_NAME_CHARS or not name.isprintable():
        raise InvalidInput(f"name must be 1 to {MAX_NAME_CHARS} printable characters", field="name")
    return name.strip()


def checked_project_id(given: str | None) -> ProjectId:
    """An id that fits a URL and a log line; made up when None is given."""
    if given is None:
        return ProjectId(new_id("prj"))
    if not _PROJECT_ID.fullmatch(given):
        raise InvalidInput(
            "project_id must be 1 to 63 of a-z, 0-9, _ and -, no sign first", field="project_id"
        )
    return ProjectId(given)


def checked_environment(name: str) -> str:
    """The name of an environment, as it stands in spans and URLs."""
    if not _ENVIRONMENT.fullmatch(name):
        raise InvalidInput("name must be 1 to 63 of letters, digits, ., _ and -, no sign first", field="name")
    return name


def checked_email(email: str) -> str:
    """An e-mail address in lower case, so that one person is not two. Mail alone proves that it exists."""
    lower = email.strip().lower()
    if len(lower) > MAX_EMAIL_CHARS or not lower.isprintable() or not _EMAIL.fullmatch(lower):
        raise InvalidInput("this is no e-mail address", field="email")
    return lower
