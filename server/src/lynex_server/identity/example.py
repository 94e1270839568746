"""Examples of request bodies, where the API's document and its tests look for them."""

from typing import Any

from fastapi import Body, params

LEFT_OUT = "…"
"""Stands for a secret in an example."""


def body(**fields: Any) -> Any:
    """A request body with an example: `wish: Annotated[NewThing, body(name="shop")]`."""
    described: params.Body = Body(openapi_examples={"example": {"value": fields}})
    return described
