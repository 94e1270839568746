"""Where in which S3, as a value."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket and how to reach it. What is None is left to the standard AWS sources."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
