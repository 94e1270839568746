"""Wire shapes of the queue's state and of dead letters."""

from datetime import datetime

from pydantic import Field

from lynex_server.kernel.wire import Wire


class QueueStatus(Wire):
    """What is accepted and on disk but not yet stored."""

    entries: int = Field(examples=[0])
    bytes: int = Field(examples=[0])
    oldest_age_s: float = Field(examples=[0.0])


class RefusedStatus(Wire):
    """How often a limit of the project or of a key refused a request."""

    sender: str = Field(
        examples=["key_01m7xqrwnhyrnz5qfbfzh6h8ap"],
        description="Id of the key or the person; * for the rest.",
    )
    policy: str = Field(examples=["project"], description="The limit, by its name in RateLimit-Policy.")
    count: int = Field(examples=[12])


class Status(Wire):
    """How the data gets through."""

    version: str = Field(examples=["0.1.0"])
    queue: QueueStatus
    dead_letters: int = Field(examples=[0], description="Of this project.")
    workers_alive: bool | None = Field(
        examples=[True], description="Whether this process's workers run; null where it has none."
    )
    refused: list[RefusedStatus] = Field(
        description="Requests of this project that this process refused over a limit, since it started."
    )


class DeadLetterSummary(Wire):
    """A request, or one span of it, that could not be processed. `spans` is null when it cannot be read."""

    id: str = Field(examples=["c-000000000042-0"])
    received_at: datetime
    failed_at: datetime
    stage: str = Field(examples=["price"], description="Where it failed: decode, price or store.")
    reason: str = Field(examples=["It cannot be read: not a batch of events: trailing bytes"])
    spans: int | None = Field(examples=[1])
    bytes: int = Field(examples=[812])
    attempts: int = Field(examples=[1])
    api_key_id: str = Field(examples=["01j9zq"])


class DeadLetterDetail(DeadLetterSummary):
    """With its content, as far as it can be read: the events as JSON, cut at 64 KB."""

    events: str = Field(examples=['[{"trace_id": "…", "name": "chat"}]'])


class DeadLetterPage(Wire):
    """Latest first."""

    items: list[DeadLetterSummary]
    next_cursor: str | None


class Replayed(Wire):
    """How many letters went back into the queue."""

    replayed: int = Field(examples=[3])
