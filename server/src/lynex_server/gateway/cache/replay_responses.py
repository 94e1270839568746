"""The events of OpenAI's Responses stream for an answer that is there already. Pure."""

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]


def responses_events(answer: Document) -> Iterator[Document]:
    """Every event, without its `sequence_number`."""
    begun = {**answer, "status": "in_progress", "output": [], "usage": None, "completed_at": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(answer.get("output") or []):
        yield from _item_events(index, item)
    yield {"type": "response.completed", "response": answer}


def _item_events(index: int, item: Document) -> Iterator[Document]:
    place = {"output_index": index, "item_id": item.get("id", "")}
    empty = dict(item)
    if "status" in item:
        empty["status"] = "in_progress"
    if item.get("type") == "message":
        empty["content"] = []
    elif item.get("type") == "function_call":
        empty["arguments"] = ""
    yield {"type": "response.output_item.added", "output_index": index, "item": empty}
    if item.get("type") == "message":
        for at, part in enumerate(item.get("content") or []):
            yield from _part_events({**place, "content_index": at}, part)
    elif item.get("type") == "function_call":
        kind, written = "response.function_call_arguments", item.get("arguments", "")
        yield {"type": f"{kind}.delta", **place, "delta": written}
        yield {"type": f"{kind}.done", **place, "name": item.get("name", ""), "arguments": written}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _part_events(place: Document, part: Document) -> Iterator[Document]:
    field = "refusal" if part.get("type") == "refusal" else "text"
    kind = "response.refusal" if field == "refusal" else "response.output_text"
    said = part.get(field, "")
    logprobs = {"logprobs": part.get("logprobs") or []} if field == "text" else {}
    empty = {**part, field: "", **({"annotations": []} if field == "text" else {})}
    yield {"type": "response.content_part.added", **place, "part": empty}
    yield {"type": f"{kind}.delta", **place, "delta": said, **logprobs}
    for at, annotation in enumerate(part.get("annotations") or []):
        yield {
            "type": "response.output_text.annotation.added",
            **place,
            "annotation_index": at,
            "annotation": annotation,
        }
    yield {"type": f"{kind}.done", **place, field: said, **logprobs}
    yield {"type": "response.content_part.done", **place, "part": part}
