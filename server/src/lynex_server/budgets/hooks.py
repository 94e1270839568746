"""Hooks: secret addresses through which Slack, a pager or a script flips the kill switch of one project.

Whoever knows the address may flip it, so it is made of 256 random bits, stored as a hash, shown once, and
can be revoked. One that is made `signed` also wants each request signed (HMAC-SHA256, as requests to the
API are), so that an address that leaked into a log is of no use.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs

from lynex_server.budgets import kill_storage
from lynex_server.budgets.describe import describe_stop
from lynex_server.budgets.kill_switch import KillSwitches
from lynex_server.budgets.model import KillSwitch, KillSwitchHook
from lynex_server.budgets.scope import Scope
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal, sign
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import InvalidInput, NotFound, Unauthorized
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import Actor, AuditLog, Vault

MAX_BODY_BYTES = 64_000
SIGNATURE_WINDOW_S = 300
TOKEN = re.compile(r"lxk_[A-Za-z0-9_-]{43}", re.ASCII)
_UNIX_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class MadeHook:
    """A hook that was just made; `token` and `secret` cannot be read again. `secret` is None when not
    signed."""

    hook: KillSwitchHook
    token: str
    secret: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """What a request to a hook asks for."""

    action: Literal["trigger", "release"]
    reason: str
    minutes: int | None


class KillSwitchHooks:
    """The service. Calls block and are safe from any thread."""

    def __init__(
        self, database: Database, switches: KillSwitches, vault: Vault, audit: AuditLog, clock: Clock
    ) -> None:
        self._database = database
        self._switches = switches
        self._vault = vault
        self._audit = audit
        self._clock = clock

    def create(
        self,
        principal: Principal,
        name: str,
        scope: Scope,
        allow_routes: Sequence[str],
        minutes: int | None,
        signed: bool,
    ) -> MadeHook:
        """Make a hook of the principal's project."""
        token = f"lxk_{secrets.token_urlsafe(32)}"
        secret = secrets.token_urlsafe(32) if signed else None
        with self._database.begin() as connection:
            secret_id = ""
            if secret is not None:
                secret_id = self._vault.put(
                    connection, principal.organisation_id, f"kill switch hook: {name}", secret
                )
            hook = KillSwitchHook(
                id=new_id("hok"),
                organisation_id=principal.organisation_id,
                project_id=principal.project_id,
                name=name,
                scope=scope,
                allow_routes=tuple(allow_routes),
                minutes=minutes,
                secret_id=secret_id,
                created_by=principal.name or principal.api_key_id or principal.user_id,
                created_at_us=self._clock.now_us(),
            )
            kill_storage.add_hook(connection, hook, _sha256(token))
            self._audit.record(
                connection,
                principal.actor(),
                "kill_switch_hook.created",
                organisation_id=hook.organisation_id,
                project_id=hook.project_id,
                target=hook.id,
                after={"name": name, "scope": scope.given(), "signed": signed, "minutes": minutes},
            )
        return MadeHook(hook, token, secret)

    def of_project(self, project_id: str) -> list[KillSwitchHook]:
        """The project's hooks that work."""
        with self._database.read() as connection:
            return kill_storage.hooks_of(connection, project_id)

    def revoke(self, principal: Principal, hook_id: str) -> None:
        """Make a hook stop working at once. Raises `NotFound`."""
        with self._database.begin() as connection:
            hook = kill_storage.revoke_hook(connection, principal.project_id, hook_id, self._clock.now_us())
            if hook is None:
                raise NotFound("There is no such hook.")
            if hook.secret_id:
                self._vault.remove(connection, hook.secret_id)
            self._audit.record(
                connection,
                principal.actor(),
                "kill_switch_hook.revoked",
                organisation_id=hook.organisation_id,
                project_id=hook.project_id,
                target=hook.id,
                before={"name": hook.name},
            )

    def flip(
        self, token: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> tuple[str, str | None]:
        """Do what a request to a hook's address asks for: words to show, and the switch triggered or
        released.

        Raises `NotFound` for an address that is none, `Unauthorized` for a missing or wrong signature,
        `InvalidInput` for a body that cannot be understood.
        """
        hook = self._found(token)
        self._check_signature(hook, headers, body)
        order = order_in(body, headers.get("content-type", ""))
        with self._database.begin() as connection:
            kill_storage.note_use(connection, hook.id, self._clock.now_us())
        actor = Actor("system", hook.id, f"hook {hook.name}", address)
        if order.action == "release":
            return self._release(actor, hook)
        return self._trigger(actor, hook, order)

    def _trigger(self, actor: Actor, hook: KillSwitchHook, order: Order) -> tuple[str, str]:
        minutes = order.minutes or hook.minutes
        held = self._held(hook)
        if held:  # a pager calls again and again: one stop is enough
            return f"Still stopped since it was triggered by {held[0].triggered_by}.", held[0].id
        switch = self._switches.trigger(
            actor, hook.organisation_id, hook.scope, hook.allow_routes, order.reason, minutes, dry_run=False
        )
        until = f" It releases itself after {minutes} minutes." if minutes else ""
        words = describe_stop(hook.scope, hook.allow_routes, dry_run=False)
        return f"{words}.{until} Send the word release to end it.", switch.id

    def _release(self, actor: Actor, hook: KillSwitchHook) -> tuple[str, str | None]:
        held = self._held(hook)
        for switch in held:
            self._switches.release(actor, switch)
        if not held:
            return "Nothing that this hook stops was stopped.", None
        return "Released: calls are let through again.", held[0].id

    def _held(self, hook: KillSwitchHook) -> list[KillSwitch]:
        """The switches of exactly this hook's calls that hold now."""
        with self._database.read() as connection:
            active = kill_storage.active_switches(connection, hook.organisation_id, self._clock.now_us())
        return [
            switch
            for switch in active
            if not switch.dry_run and (switch.scope, switch.allow_routes) == (hook.scope, hook.allow_routes)
        ]

    def _found(self, token: str) -> KillSwitchHook:
        hook = None
        if TOKEN.fullmatch(token):
            with self._database.read() as connection:
                hook = kill_storage.find_hook(connection, _sha256(token))
        if hook is None:
            raise NotFound("There is no such hook.")
        return hook

    def _check_signature(self, hook: KillSwitchHook, headers: Mapping[str, str], body: bytes) -> None:
        if not hook.secret_id:
            return
        timestamp = headers.get("x-lynex-timestamp", "")
        given = headers.get("x-lynex-signature", "").lower()
        fresh = (
            _UNIX_SECONDS.fullmatch(timestamp) is not None
            and abs(self._clock.now_us() // MICROS_PER_SECOND - int(timestamp)) <= SIGNATURE_WINDOW_S
        )
        expected = sign(self._vault.read(hook.secret_id), timestamp, body)
        if not (hmac.compare_digest(expected.encode(), given.encode()) and fresh):
            raise Unauthorized("This hook wants its requests signed.")


def order_in(body: bytes, content_type: str) -> Order:
    """What a body asks for: nothing, plain text, a form with `text` (as Slack sends it) or a JSON object with
    `action`, `reason` and `minutes`. Without a word on it, it triggers.

    Raises `InvalidInput` for JSON that is none, or an action that is not known.
    """
    if len(body) > MAX_BODY_BYTES:
        raise InvalidInput(f"a hook takes at most {MAX_BODY_BYTES} bytes")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" and body.strip():
        return _json_order(body)
    text = body.decode("utf-8", "replace").strip()
    if kind == "application/x-www-form-urlencoded":
        text = " ".join(parse_qs(text, max_num_fields=100).get("text", [])).strip()
    first, _, rest = text.partition(" ")
    if first.lower() == "release":
        return Order("release", rest, None)
    reason = rest.strip() if first.lower() in ("trigger", "stop") else text
    return Order("trigger", _plain(reason) or "triggered by a hook", None)


def _json_order(body: bytes) -> Order:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise InvalidInput(f"the body is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise InvalidInput("the body must be a JSON object")
    action, minutes = said.get("action", "trigger"), said.get("minutes")
    if action not in ("trigger", "release"):
        raise InvalidInput("action: trigger or release", field="action")
    if minutes is not None and (type(minutes) is not int or not 1 <= minutes <= 30 * 24 * 60):
        raise InvalidInput("minutes: a whole number from 1 to 43200", field="minutes")
    reason = said.get("reason")
    text = _plain(reason) if isinstance(reason, str) else ""
    return Order("release" if action == "release" else "trigger", text or "triggered by a hook", minutes)


def _plain(reason: str) -> str:
    """One line that every store takes."""
    return "".join(letter if letter.isprintable() else " " for letter in reason[:_MAX_REASON]).strip()


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
