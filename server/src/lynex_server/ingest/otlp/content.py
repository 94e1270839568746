"""What is said within a span as events: messages of the older GenAI convention, exceptions, details.

Events that are understood become fields; every other one is kept, whole, under the attribute `events`.
"""

from typing import Any, Final

from lynex_server.ingest.mapping import Mapped, map_attributes
from lynex_server.ingest.otlp.neutral import OtlpEvent
from lynex_server.ingest.values import parsed_json

DETAILS_EVENT: Final = "gen_ai.client.inference.operation.details"
MESSAGE_ROLES: Final[dict[str, str]] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE_EVENT: Final = "gen_ai.choice"


def take_events(events: list[OtlpEvent], said: Mapped) -> None:
    """Add to `said` what the events of its span say. What the span's own attributes say goes first."""
    if not events:
        return
    messages: list[Any] = []
    choices: list[Any] = []
    kept: list[dict[str, Any]] = []
    for event in events:
        if event.name in MESSAGE_ROLES:
            messages.append(message_of(event.name, event.attributes))
        elif event.name == CHOICE_EVENT:
            choices.append(message_of(event.name, event.attributes))
        elif event.name in (DETAILS_EVENT, "gen_ai.content.prompt", "gen_ai.content.completion", "exception"):
            left = merge(said, event.attributes)
            if left:
                kept.append(_plain(event, left))
        else:
            kept.append(_plain(event, event.attributes))
    for field, found in (("input", messages), ("output", choices)):
        if found and field not in said.fields:
            said.fields[field], said.names[field] = found, "events"
        elif found:
            kept.append({"name": f"{field} messages", "messages": found})
    if kept:
        said.attributes["events"] = kept


def message_of(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """A message event as a chat message: its role comes from the event's name unless it says one."""
    message = {
        key.removeprefix("gen_ai.event."): parsed_json(value)
        for key, value in attributes.items()
        if key != "gen_ai.system"
    }
    inner = message.pop("message", None)  # `gen_ai.choice` wraps it
    if isinstance(inner, dict):
        message.update(inner)
    return {"role": MESSAGE_ROLES.get(name, "assistant"), **message}


def merge(said: Mapped, attributes: dict[str, Any]) -> dict[str, Any]:
    """Take from an event's attributes the fields that the span does not say itself; the rest comes back."""
    event = map_attributes(attributes)
    left = event.attributes
    for field, value in event.fields.items():
        if field not in said.fields:
            said.fields[field], said.names[field] = value, event.names[field]
        elif said.fields[field] != value:
            left[event.names[field]] = value
    said.metadata.update(event.metadata)
    said.unknown_usage.update(event.unknown_usage)
    return left


def _plain(event: OtlpEvent, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"name": event.name, "time_us": event.time_ns // 1000, "attributes": attributes}
