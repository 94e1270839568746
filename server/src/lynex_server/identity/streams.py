"""Streams that stay open end when whoever opened them may not read them any more.

stream = while_permitted(request, principal, "spans:read", events)
"""

import time
from collections.abc import AsyncGenerator

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from lynex_server.identity.access import named_projects, person_behind
from lynex_server.identity.model import Principal
from lynex_server.identity.permissions import Permission
from lynex_server.identity.service import Identity
from lynex_server.kernel.errors import LynexError

ASKED_AGAIN_AFTER_S = 0.5
"""Nothing is sent on a permission that is older. A revocation so holds within a second here too."""


async def while_permitted(
    request: Request, principal: Principal, permission: Permission, stream: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """Pass `stream` on for as long as the key works or the session and the role last; then end, and close it.

    It is looked at before something is sent, not on a timer: a stream that is quiet shows nobody anything.
    """
    asked_s = time.monotonic()
    try:
        async for part in stream:
            if time.monotonic() - asked_s >= ASKED_AGAIN_AFTER_S:
                if not await _is_permitted(request, principal, permission):
                    return
                asked_s = time.monotonic()
            yield part
    finally:
        await stream.aclose()


async def _is_permitted(request: Request, principal: Principal, permission: Permission) -> bool:
    identity: Identity = request.app.state.identity
    try:
        if principal.api_key_id:
            # By its id: a signature that was right at the beginning is too old by now.
            keys = identity.authentication
            return await run_in_threadpool(keys.still_grants, principal.api_key_id, permission)
        person = await person_behind(request)
        if person is None:
            return False
        named = named_projects(request)
        now = await run_in_threadpool(identity.roles.in_project, person, named[0] if named else "")
    except LynexError:
        return False  # gone, taken away, or the database is: whoever still may opens it again
    return now.project_id == principal.project_id and now.may(permission)
