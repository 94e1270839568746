"""Wire shapes of silences and mute schedules."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from lynex_server.alerts.matching import is_muting
from lynex_server.alerts.model import Mute, Silence, Weekday
from lynex_server.alerts.rule_schemas import MAX_TEXT, MatcherShape
from lynex_server.alerts.rule_shapes import matchers_shown
from lynex_server.kernel.clock import datetime_from_us
from lynex_server.kernel.wire import Wire


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"no such time zone: {name}") from error
    return name


TimeZone = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"]), AfterValidator(_known_zone)]
"""An IANA time zone that this machine knows."""
Minute = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]


class SilenceInput(Wire):
    """What to keep quiet about, and until when. Without matchers: about everything."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "matchers": [{"label": "severity", "value": "warning"}],
                    "minutes": 120,
                    "reason": "migration under way",
                }
            ]
        }
    )

    matchers: list[MatcherShape] = Field(default=[], max_length=20)
    starts_at: datetime | None = Field(default=None, description="Now, unless said.")
    until: datetime | None = None
    minutes: int | None = Field(default=None, ge=1, le=90 * 24 * 60, description="In place of `until`.")
    reason: str = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _one_end(self) -> "SilenceInput":
        if (self.until is None) == (self.minutes is None):
            raise ValueError("until: give either until or minutes")
        return self


class SilenceShown(Wire):
    """A silence."""

    id: str = Field(examples=["als_01k9zv3w8r4m2n5p7q8s9t0abc"])
    matchers: list[MatcherShape]
    starts_at: datetime
    until: datetime
    holds: bool = Field(description="Whether it holds now.")
    reason: str
    created_by: str
    created_at: datetime


class SilenceList(Wire):
    """Silences, latest end first."""

    items: list[SilenceShown]


class WeeklyWindowShape(Wire):
    """On each of these days from `start` to `end`; over midnight when the end is not after the start."""

    days: list[Weekday] = Field(min_length=1, max_length=7)
    start: Minute
    end: Minute


class MuteInput(Wire):
    """Nobody is told in these windows of every week. What is still open afterwards is told then."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Nights",
                    "time_zone": "Europe/Berlin",
                    "windows": [
                        {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "22:00", "end": "07:00"}
                    ],
                    "matchers": [{"label": "severity", "value": "critical", "how": "is_not"}],
                }
            ]
        }
    )

    name: str = Field(min_length=1, max_length=MAX_TEXT)
    time_zone: TimeZone = "UTC"
    windows: list[WeeklyWindowShape] = Field(min_length=1, max_length=20)
    matchers: list[MatcherShape] = Field(default=[], max_length=20)


class MuteShown(MuteInput):
    """A mute schedule."""

    id: str = Field(examples=["alm_01k9zv3w8r4m2n5p7q8s9t0abc"])
    open: bool = Field(description="Whether one of its windows is open now.")
    created_at: datetime


class MuteList(Wire):
    """The mute schedules of the project, by name."""

    items: list[MuteShown]


def silence_shown(silence: Silence, now_us: int) -> SilenceShown:
    """A silence for the wire."""
    return SilenceShown(
        id=silence.id,
        matchers=matchers_shown(silence.matchers),
        starts_at=datetime_from_us(silence.starts_at_us),
        until=datetime_from_us(silence.until_us),
        holds=silence.starts_at_us <= now_us < silence.until_us,
        reason=silence.reason,
        created_by=silence.created_by,
        created_at=datetime_from_us(silence.created_at_us),
    )


def mute_shown(mute: Mute, now_us: int) -> MuteShown:
    """A mute schedule for the wire."""
    return MuteShown(
        id=mute.id,
        name=mute.name,
        time_zone=mute.time_zone,
        windows=[
            WeeklyWindowShape(
                days=list(window.days), start=_clock(window.start_min), end=_clock(window.end_min)
            )
            for window in mute.windows
        ],
        matchers=matchers_shown(mute.matchers),
        open=is_muting(replace(mute, matchers=()), {}, now_us),
        created_at=datetime_from_us(mute.created_at_us),
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
