"""API keys over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from lynex_server.identity.access import require
from lynex_server.identity.example import body
from lynex_server.identity.key_schemas import (
    KeyChange,
    KeyList,
    KeyShown,
    NewKeyShown,
    NewKeyWish,
    Rotation,
)
from lynex_server.identity.keys import KeyWish
from lynex_server.identity.model import ApiKey, NewKey, Principal
from lynex_server.identity.service import Identity
from lynex_server.identity.shapes import key_shown
from lynex_server.kernel.clock import us_from_datetime

router = APIRouter(tags=["keys"])

Reader = Annotated[Principal, require("keys:read")]
Writer = Annotated[Principal, require("keys:write")]


@router.get("/v1/keys", summary="List API keys")
def list_keys(request: Request, principal: Reader) -> KeyList:
    """The newest 1,000 keys of the project, without their secrets."""
    found = _identity(request).keys.of_project(principal.project_id)
    return KeyList(items=[_shown(request, each) for each in found])


@router.post("/v1/keys", status_code=201, summary="Make an API key")
def create_key(
    request: Request,
    principal: Writer,
    wish: Annotated[
        NewKeyWish,
        body(
            name="ingest of the shop",
            scopes=["ingest"],
            expires_at="2100-01-01T00:00:00Z",
            allowed_networks=["10.0.0.0/8"],
        ),
    ],
) -> NewKeyShown:
    """Its secret is in this answer and nowhere else. A key makes no key that may do more than itself."""
    made = _identity(request).keys.create(
        principal.actor(),
        principal.project_id,
        KeyWish(
            wish.name,
            wish.scopes,
            None if wish.expires_at is None else us_from_datetime(wish.expires_at),
            wish.allowed_networks,
        ),
    )
    return _new(request, made)


@router.get("/v1/keys/{key_id}", summary="Show an API key")
def show_key(request: Request, principal: Reader, key_id: str) -> KeyShown:
    """One key of the project, without its secret."""
    return _shown(request, _identity(request).keys.get(principal.project_id, key_id))


@router.patch("/v1/keys/{key_id}", summary="Change an API key")
def change_key(
    request: Request,
    principal: Writer,
    key_id: str,
    change: Annotated[KeyChange, body(name="ingest of the web shop", allowed_networks=["10.0.0.0/8"])],
) -> KeyShown:
    """Its name, scopes, expiry or networks; what is absent stays, and so does its secret."""
    keys = _identity(request).keys
    before = keys.get(principal.project_id, key_id)
    changed = keys.change(principal.actor(), principal.project_id, key_id, _wish(before, change))
    return _shown(request, changed)


@router.delete("/v1/keys/{key_id}", status_code=204, summary="Revoke an API key")
def revoke_key(request: Request, principal: Writer, key_id: str) -> Response:
    """It stops within a second, on every process, for good."""
    _identity(request).keys.revoke(principal.actor(), principal.project_id, key_id)
    return Response(status_code=204)


@router.post("/v1/keys/{key_id}/rotate", status_code=201, summary="Rotate an API key")
def rotate_key(
    request: Request, principal: Writer, key_id: str, wish: Annotated[Rotation, body(overlap_s=3600)]
) -> NewKeyShown:
    """Make a key that may do the same, and let the old one end after the overlap."""
    made = _identity(request).keys.rotate(principal.actor(), principal.project_id, key_id, wish.overlap_s)
    return _new(request, made)


def _wish(key: ApiKey, change: KeyChange) -> KeyWish:
    given = change.model_fields_set
    expires_at_us = None if change.expires_at is None else us_from_datetime(change.expires_at)
    return KeyWish(
        name=key.name if change.name is None else change.name,
        scopes=key.scopes if change.scopes is None else change.scopes,
        expires_at_us=expires_at_us if "expires_at" in given else key.expires_at_us,
        allowed_networks=key.allowed_networks if change.allowed_networks is None else change.allowed_networks,
    )


def _shown(request: Request, key: ApiKey) -> KeyShown:
    return key_shown(key, _identity(request).now_us())


def _new(request: Request, made: NewKey) -> NewKeyShown:
    return NewKeyShown(**_shown(request, made.key).model_dump(), secret=made.secret)


def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity
