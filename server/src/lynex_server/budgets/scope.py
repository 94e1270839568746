"""Whose calls a budget or a kill switch is about, and whether a call is one of them.

The same rule in two forms, kept equal by tests: `Scope.covers` for a call in hand, `conditions` for stored
spans.
"""

import re
from dataclasses import dataclass, fields

from lynex_server.kernel.patterns import matches


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call. Empty where nothing was said; `model` is the one that served or will."""

    project_id: str
    environment: str = ""
    provider: str = ""
    model: str = ""
    model_requested: str = ""
    route: str = ""
    end_user: str = ""
    api_key: str = ""
    session: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Every field that is given must hold; an empty one holds for every call.

    `project_id` empty means every project of the organisation. `model` and `route` may be patterns (`*` any
    text, `?` one character). A model is known by its name, with or without `provider/`, as asked for or as
    served.
    """

    project_id: str = ""
    environment: str = ""
    model: str = ""
    route: str = ""
    end_user: str = ""
    api_key: str = ""
    tag: str = ""
    session: str = ""

    def covers(self, call: Call) -> bool:
        """Whether `call`, which is of this scope's organisation, is one of those meant."""
        return (
            (not self.project_id or self.project_id == call.project_id)
            and (not self.environment or self.environment == call.environment)
            and (not self.end_user or self.end_user == call.end_user)
            and (not self.api_key or self.api_key == call.api_key)
            and (not self.session or self.session == call.session)
            and (not self.tag or self.tag in call.tags)
            and (not self.route or matches(self.route, call.route))
            and (not self.model or any(matches(self.model, name) for name in model_names(call)))
        )

    def given(self) -> dict[str, str]:
        """The fields that are given, by name."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}


def model_names(call: Call) -> tuple[str, ...]:
    """Every name that the call's model goes by."""
    plain = tuple(name for name in (call.model, call.model_requested) if name)
    return (*plain, *(f"{call.provider}/{name}" for name in plain if call.provider))


def conditions(scope: Scope, project_ids: list[str]) -> tuple[str, dict[str, object]]:
    """The condition on columns of `spans` for calls of these projects that the scope covers, and what it
    binds."""
    parts = ["project_id IN {projects:Array(String)}"]
    bound: dict[str, object] = {"projects": [scope.project_id] if scope.project_id else project_ids}
    columns = {
        "environment": "environment = {environment:String}",
        "end_user": "end_user_id = {end_user:String}",
        "api_key": "api_key_id = {api_key:String}",
        "session": "session_id = {session:String}",
        "tag": "has(tags, {tag:String})",
        "route": "route LIKE {route:String}",
        "model": "(model LIKE {model:String} OR model_requested LIKE {model:String}"
        " OR (provider != '' AND (concat(provider, '/', model) LIKE {model:String}"
        " OR (model_requested != '' AND concat(provider, '/', model_requested) LIKE {model:String}))))",
    }
    for name, value in scope.given().items():
        if name in columns:
            parts.append(columns[name])
            bound[name] = like_pattern(value) if name in ("route", "model") else value
    return " AND ".join(parts), bound


def like_pattern(pattern: str) -> str:
    """The pattern in the words of SQL's LIKE."""
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern)
    return escaped.replace("*", "%").replace("?", "_")
