"""Wire shapes of the kill switch and its hooks."""

from datetime import datetime

from pydantic import ConfigDict, Field

from lynex_server.budgets.schemas import Line, Reason, ScopeInput, ScopeShown
from lynex_server.kernel.wire import Wire


class KillSwitchInput(Wire):
    """What to stop. An empty scope stops every call of the project."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "runaway agent", "scope": {"environment": "production"}, "minutes": 30}]
        }
    )

    scope: ScopeInput = ScopeInput()
    allow_routes: list[Line] = Field(
        default=[], max_length=50, description="Calls of these routes stay open; patterns with `*` and `?`."
    )
    reason: Reason = Field(examples=["runaway agent"])
    minutes: int | None = Field(
        default=None, ge=1, le=30 * 24 * 60, description="Releases itself after so long; else by hand."
    )
    dry_run: bool = Field(default=False, description="Stops nothing, and counts what it would have stopped.")


class KillSwitchShown(Wire):
    """A kill switch."""

    id: str = Field(examples=["kil_01k9zv3w8r4m2n5p7q8s9t0abc"])
    describes: str = Field(examples=["Stops every call in production"])
    scope: ScopeShown
    allow_routes: list[str]
    reason: str
    dry_run: bool
    active: bool
    triggered_by: str = Field(examples=["ann@example.com"])
    triggered_at: datetime
    until: datetime | None
    released_at: datetime | None
    released_by: str


class KillSwitchList(Wire):
    """Kill switches about the project, newest first."""

    items: list[KillSwitchShown]


class WouldBlockModel(Wire):
    """Calls of one model that the switch is about."""

    model: str = Field(examples=["gpt-4o"])
    calls: int = Field(examples=[120])
    cost_nanousd: int = Field(examples=[91000000])
    unpriced_calls: int = Field(description="Calls whose cost is unknown: it is not in it.", examples=[0])


class WouldBlock(Wire):
    """Calls that were recorded since the switch was triggered and that it is about: what a dry run would have
    stopped, or what came through in spite of it."""

    calls: int = Field(examples=[140])
    cost_nanousd: int = Field(examples=[99000000])
    unpriced_calls: int = Field(description="Calls whose cost is unknown: it is not in it.", examples=[3])
    since: datetime
    until: datetime
    models: list[WouldBlockModel]


class KillSwitchPreview(Wire):
    """A kill switch that is thought about, and how far to look back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scope": {"environment": "production"}, "minutes": 60}]}
    )

    scope: ScopeInput = ScopeInput()
    allow_routes: list[Line] = Field(default=[], max_length=50)
    minutes: int = Field(
        default=60, ge=1, le=24 * 60, description="Calls that were recorded in so many last minutes."
    )


class Previewed(Wire):
    """What a kill switch would do, in words, and what it would have stopped."""

    describes: str = Field(examples=["Stops every call in production"])
    would_block: WouldBlock


class HookInput(Wire):
    """A secret address that flips the kill switch, for Slack, a pager or a script."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Slack /stop-ai", "minutes": 60}]})

    name: Line = Field(min_length=1, examples=["Slack /stop-ai"])
    scope: ScopeInput = ScopeInput()
    allow_routes: list[Line] = Field(default=[], max_length=50)
    minutes: int | None = Field(default=None, ge=1, le=30 * 24 * 60)
    signed: bool = Field(
        default=False,
        description="Only take requests with `X-Lynex-Timestamp` (Unix seconds, within 5 minutes) and "
        "`X-Lynex-Signature` (hex HMAC-SHA256 of timestamp, dot and body, keyed with the secret).",
    )


class HookShown(Wire):
    """A hook, without its address."""

    id: str
    name: str
    scope: ScopeShown
    allow_routes: list[str]
    minutes: int | None
    signed: bool
    created_by: str
    created_at: datetime
    last_used_at: datetime | None


class HookList(Wire):
    """The project's hooks."""

    items: list[HookShown]


class NewHook(Wire):
    """A hook that was just made. Path and secret are shown this once."""

    hook: HookShown
    path: str = Field(examples=["/v1/kill-switch/hooks/lxk_…"])
    hmac_secret: str | None


class HookAnswer(Wire):
    """What a hook did, in words that a chat can show."""

    text: str = Field(examples=["Stopped: every call. Release with the same hook and the word release."])
    kill_switch_id: str | None
