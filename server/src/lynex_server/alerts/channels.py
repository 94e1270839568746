"""Channels: made, changed, removed, tried."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from lynex_server.alerts import channel_storage, delivery_storage
from lynex_server.alerts.changes import record_change
from lynex_server.alerts.channel_schemas import ChannelInput, EmailTarget, Target, UrlTarget
from lynex_server.alerts.channel_storage import CHANNELS_LOCK
from lynex_server.alerts.delivery_storage import deliveries_page, find_delivery
from lynex_server.alerts.describe_incident import instant
from lynex_server.alerts.model import Channel, Delivery, Message
from lynex_server.alerts.outbox import Outbox, targets_of
from lynex_server.alerts.rule_shapes import matchers_from
from lynex_server.alerts.sender import Sender
from lynex_server.alerts.settings import AlertSettings
from lynex_server.alerts.templates import check_template
from lynex_server.engines.mail.protocol import Mail
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Principal
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import AuditLog, Vault

_PLAIN_FIELDS = ("api_url", "slack_channel")
_SECRET_FIELDS = ("url", "token", "routing_key", "api_key")
_OPTIONAL = {"alertmanager"}
"""Kinds that work without a secret."""


@dataclass(frozen=True, slots=True)
class Made:
    """A channel, and the signing secret when there is a new one."""

    channel: Channel
    signing_secret: str | None


class ChannelService:
    """The service. Calls block and are safe from any thread."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        sender: Sender,
        vault: Vault,
        audit: AuditLog,
        settings: AlertSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._sender = sender
        self._vault = vault
        self._audit = audit
        self._settings = settings
        self._clock = clock

    def create(self, principal: Principal, wanted: ChannelInput) -> Made:
        """Make a channel. Raises `InvalidInput`, `Conflict` when there are too many."""
        _check(wanted)
        held, signing_secret = _secrets_of(wanted.target, {}, None)
        now_us = self._clock.now_us()
        channel = Channel(
            id=new_id("alc"),
            organisation_id=principal.organisation_id,
            project_id=principal.project_id,
            name=wanted.name,
            kind=wanted.target.kind,
            enabled=wanted.enabled,
            settings=_settings_of(wanted.target, held),
            secret_id="",
            match=None if wanted.match is None else matchers_from(wanted.match),
            min_severity=wanted.min_severity,
            title_template=wanted.templates.title,
            text_template=wanted.templates.text,
            created_at_us=now_us,
            updated_at_us=now_us,
        )
        with self._database.begin() as connection:
            self._database.lock(connection, CHANNELS_LOCK)
            most = self._settings.alerts_max_channels
            if len(channel_storage.channels_of(connection, channel.project_id)) >= most:
                raise Conflict(f"There are {most} channels already (LYNEX_ALERTS_MAX_CHANNELS).")
            channel = replace(channel, secret_id=self._keep(connection, channel, held))
            channel_storage.add_channel(connection, channel)
            self._record(connection, principal, "alert_channel.created", None, channel)
        return Made(channel, signing_secret)

    def change(self, principal: Principal, channel_id: str, wanted: ChannelInput) -> Made:
        """Make a channel as wanted; secrets that are not given stay. Raises `NotFound`, `InvalidInput`."""
        _check(wanted)
        with self._database.begin() as connection:
            before = _found(
                channel_storage.find_channel(connection, channel_id, principal.project_id, lock=True)
            )
            if wanted.target.kind != before.kind:
                raise InvalidInput("target.kind: cannot change; make another channel", field="target.kind")
            old = self._held(connection, before)
            held, signing_secret = _secrets_of(wanted.target, old, before)
            settings = _settings_of(wanted.target, held)
            after = replace(
                before,
                name=wanted.name,
                enabled=wanted.enabled,
                settings=settings,
                match=None if wanted.match is None else matchers_from(wanted.match),
                min_severity=wanted.min_severity,
                title_template=wanted.templates.title,
                text_template=wanted.templates.text,
                updated_at_us=self._clock.now_us(),
            )
            if held != old:
                after = replace(after, secret_id=self._keep(connection, after, held))
            channel_storage.change_channel(connection, after)
            self._record(connection, principal, "alert_channel.changed", before, after)
        return Made(after, signing_secret)

    def remove(self, principal: Principal, channel_id: str) -> None:
        """Remove a channel with its secret and its log. Raises `NotFound`."""
        with self._database.begin() as connection:
            channel = _found(
                channel_storage.find_channel(connection, channel_id, principal.project_id, lock=True)
            )
            channel_storage.remove_channel(connection, channel_id)
            if channel.secret_id:
                self._vault.remove(connection, channel.secret_id)
            self._record(connection, principal, "alert_channel.removed", channel, None)

    def find(self, project_id: str, channel_id: str) -> Channel:
        """One channel. Raises `NotFound`."""
        with self._database.read() as connection:
            return _found(channel_storage.find_channel(connection, channel_id, project_id))

    def all(self, project_id: str) -> list[Channel]:
        """The channels of the project, by name."""
        with self._database.read() as connection:
            return channel_storage.channels_of(connection, project_id)

    def deliveries(
        self, project_id: str, channel_id: str, limit: int, before: tuple[int, str] | None
    ) -> list[Delivery]:
        """What was told on a channel, latest first. Raises `NotFound`."""
        with self._database.read() as connection:
            _found(channel_storage.find_channel(connection, channel_id, project_id))
            return deliveries_page(connection, channel_id, limit, before)

    def test(self, principal: Principal, channel_id: str) -> list[Delivery]:
        """Send a test message now, and tell how it went: one delivery for each target. Raises `NotFound`."""
        occasion = f"test:{new_id('tst')}"
        with self._database.begin() as connection:
            channel = _found(channel_storage.find_channel(connection, channel_id, principal.project_id))
            message = msgspec.json.encode(_test_message(channel, occasion, self._clock.now_us())).decode()
            for target in targets_of(channel):
                # Sent right below; by the others only if this process dies in between.
                self._outbox.put(
                    connection, channel, target, occasion, "test", message, wait_us=delivery_storage.LEASE_US
                )
            self._record(connection, principal, "alert_channel.tested", None, channel)
        ids = self._sender.send_occasion(channel.id, occasion)
        with self._database.read() as connection:
            found = [find_delivery(connection, delivery_id) for delivery_id in ids]
        return [delivery for delivery in found if delivery is not None]

    def _held(self, connection: sa.Connection, channel: Channel) -> dict[str, str]:
        if not channel.secret_id:
            return {}
        held: dict[str, str] = msgspec.json.decode(
            self._vault.read_in(connection, channel.secret_id), type=dict[str, str]
        )
        return held

    def _keep(self, connection: sa.Connection, channel: Channel, held: Mapping[str, str]) -> str:
        if not held:
            return channel.secret_id
        text = msgspec.json.encode(held).decode()
        if channel.secret_id:
            self._vault.replace(connection, channel.secret_id, text)
            return channel.secret_id
        return self._vault.put(connection, channel.organisation_id, f"alert channel {channel.id}", text)

    def _record(
        self,
        connection: sa.Connection,
        principal: Principal,
        action: str,
        before: Channel | None,
        after: Channel | None,
    ) -> None:
        record_change(self._audit, connection, principal, action, before, after, _plain)


def _check(wanted: ChannelInput) -> None:
    check_template(wanted.templates.title, "templates.title")
    check_template(wanted.templates.text, "templates.text")
    if isinstance(wanted.target, EmailTarget):
        for address in wanted.target.to:
            try:
                Mail(address, "", "")
            except ValueError as error:
                raise InvalidInput("target.to: not an e-mail address", field="target.to") from error


def _secrets_of(
    target: Target, old: Mapping[str, str], before: Channel | None
) -> tuple[dict[str, str], str | None]:
    """What is to be kept in the vault, and the signing secret when it is new."""
    if isinstance(target, EmailTarget):
        return {}, None
    given = {
        name: value.get_secret_value()
        for name in _SECRET_FIELDS
        if (value := getattr(target, name, None)) is not None
    }
    held = {**old, **given}
    if not held and target.kind not in _OPTIONAL:
        raise InvalidInput("target: what is secret of it must be given", field="target")
    moved = before is not None and before.settings.get("api_url") != getattr(target, "api_url", None)
    if moved and old and not given and not isinstance(target, UrlTarget):
        # Else whoever may change a channel could have its secret sent to an address of his own.
        raise InvalidInput("target.api_url: give the secret again to send it elsewhere", field="target")
    if target.kind != "webhook":
        return held, None
    if "signing_secret" in held and not (isinstance(target, UrlTarget) and target.new_signing_secret):
        return held, None
    signing_secret = f"lxw_{secrets.token_urlsafe(32)}"
    return {**held, "signing_secret": signing_secret}, signing_secret


def _settings_of(target: Target, held: Mapping[str, str]) -> dict[str, str | tuple[str, ...]]:
    if isinstance(target, EmailTarget):
        return {"to": tuple(dict.fromkeys(target.to))}
    plain: dict[str, str | tuple[str, ...]] = {
        name: str(getattr(target, name)) for name in _PLAIN_FIELDS if hasattr(target, name)
    }
    if isinstance(target, UrlTarget):
        host = urlsplit(held["url"]).hostname if held["url"].startswith(("https://", "http://")) else None
        if not host:
            raise InvalidInput("target.url: must begin with https:// and name a host", field="target.url")
        plain["host"] = host
    return plain


def _plain(channel: Channel) -> dict[str, object]:
    return {
        "name": channel.name,
        "kind": channel.kind,
        "enabled": channel.enabled,
        "settings": dict(channel.settings),
        "match": None if channel.match is None else [f"{m.label} {m.how} {m.value}" for m in channel.match],
        "min_severity": channel.min_severity,
    }


def _test_message(channel: Channel, occasion: str, now_us: int) -> Message:
    return Message(
        incident_id=occasion,
        reason="test",
        rule="Test of a channel",
        group="",
        severity="info",
        summary=f"This is a test of the channel {channel.name}. Nothing is wrong.",
        note="",
        value="",
        project=channel.project_id,
        opened_at=instant(now_us),
        resolved_at="",
        url="",
        labels={"severity": "info"},
    )


def _found(channel: Channel | None) -> Channel:
    if channel is None:
        raise NotFound("There is no such channel.")
    return channel
