"""Sends what the outbox holds: takes one message, sends it outside of any transaction, writes down how.

A message that fails is tried again after a pause that doubles, give or take half, up to a number of attempts;
then it is given up, and stays visible. A channel on which messages keep failing raises an incident of its
own, which is told on the other channels.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec
import sqlalchemy as sa
import structlog

from lynex_server.alerts import delivery_storage
from lynex_server.alerts.channel_storage import change_channel, find_channel
from lynex_server.alerts.codec import from_text
from lynex_server.alerts.incident_storage import (
    add_to_timeline,
    find_incident,
    open_channel_incident,
)
from lynex_server.alerts.model import Channel, Delivery, Incident, Message, TimelineKind
from lynex_server.alerts.opening import open_incident, resolve_incident
from lynex_server.alerts.outbox import Outbox
from lynex_server.alerts.outputs.kinds import OUTPUTS, fault_in
from lynex_server.alerts.outputs.request import Digest, Telling
from lynex_server.alerts.settings import AlertSettings
from lynex_server.alerts.telling import telling_lock
from lynex_server.alerts.templates import text_of, title_of
from lynex_server.engines.mail.protocol import Mail, Mailer
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import LynexError
from lynex_server.kernel.ids import new_id
from lynex_server.safety.public import OutgoingClient, OutgoingRefused, Vault

log = structlog.get_logger(__name__)

FAILING_AFTER = 3
"""After so many failed attempts of one message its channel counts as failing."""
TIMEOUT_S = 15.0
EXCERPT_CHARS = 300
READ_BYTES = 65_536
"""Of an answer so much is looked through for secrets before it is cut to the excerpt."""
TELLING_CHARS = 8
"""A part of a secret URL that is shorter is a word such as "hooks", and hides nothing."""
MAX_OCCASION_TARGETS = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went: `fault` is empty when it was taken over. `final`: it can never be."""

    fault: str
    status: int = 0
    excerpt: str = ""
    final: bool = False


class Sender:
    """Sends one message at a time. Safe from any thread; several may run at once, in any process."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        vault: Vault,
        outgoing: OutgoingClient,
        mailer: Mailer,
        settings: AlertSettings,
        clock: Clock,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._vault = vault
        self._outgoing = outgoing
        self._mailer = mailer
        self._settings = settings
        self._clock = clock
        self._spread = spread

    def send_one(self) -> bool:
        """Send the message that is due longest. Says whether there was one."""
        delivery = delivery_storage.take_due(self._database, self._clock.now_us())
        if delivery is not None:
            self._attempt(delivery)
        return delivery is not None

    def send_occasion(self, channel_id: str, occasion: str) -> list[str]:
        """Make the first attempt at every message of an occasion now. Gives their ids."""
        sent: list[str] = []
        while len(sent) < MAX_OCCASION_TARGETS:
            found = delivery_storage.take_due(self._database, self._clock.now_us(), (channel_id, occasion))
            if found is None:
                break
            self._attempt(found)
            sent.append(found.id)
        return sent

    def _attempt(self, delivery: Delivery) -> None:
        with self._database.read() as connection:
            channel = find_channel(connection, delivery.channel_id)
        if channel is None:
            return  # removed meanwhile, and the delivery with it
        try:
            outcome = self._send(channel, delivery)
        except LynexError as error:
            outcome = Outcome(str(error), final=isinstance(error, OutgoingRefused))
        except Exception:  # the edge: one message must not end the sending of all others
            log.exception("alerts.delivery_failed", delivery=delivery.id)
            outcome = Outcome("an error of Lynex; its log says which")
        self._write(delivery, outcome)

    def _send(self, channel: Channel, delivery: Delivery) -> Outcome:
        content: Message | None = None
        if delivery.reason == "digest":
            digest = from_text(delivery.message, Digest)
            title, text, html = digest.title, digest.text, digest.html
        else:
            content, html = from_text(delivery.message, Message), ""
            title = title_of(content, channel.title_template)
            text = text_of(content, channel.text_template)
        if channel.kind == "email":
            self._mailer.send(Mail(delivery.target, title, text, html=html, key=delivery.id))
            console = "printed where Lynex runs: LYNEX_MAIL_URL names no mail server"
            return Outcome("", excerpt="taken over by the mail server" if self._mailer.delivers else console)
        held = self._vault.read(channel.secret_id) if channel.secret_id else "{}"
        secrets = msgspec.json.decode(held, type=dict[str, str])
        telling = Telling(channel, secrets, delivery.id, self._clock.now_us(), title, text, content)
        request = OUTPUTS[channel.kind](telling)
        response = self._outgoing.request_sync(
            request.method, request.url, headers=request.headers, content=request.content,
            timeout_s=TIMEOUT_S,
        )  # fmt: skip
        excerpt = without(response.body[:READ_BYTES].decode("utf-8", "replace"), secrets)
        return Outcome(fault_in(channel.kind, response), response.status, excerpt)

    def _write(self, delivery: Delivery, outcome: Outcome) -> None:
        now_us = self._clock.now_us()
        given_up = outcome.final or delivery.attempts >= self._settings.alerts_delivery_tries
        if delivery.reason == "test":
            given_up = True  # whoever pressed the button tries again himself
        phase = "sent" if not outcome.fault else "dead" if given_up else "waiting"
        said = " · ".join(part for part in (outcome.fault, outcome.excerpt) if part)
        with self._database.begin() as connection:
            counted = delivery_storage.put_outcome(
                connection,
                delivery,
                phase=phase,
                status=outcome.status,
                excerpt=_plain(said),
                next_attempt_us=now_us + self.pause_us(delivery.attempts),
                finished_at_us=None if phase == "waiting" else now_us,
            )
            channel = find_channel(connection, delivery.channel_id, lock=True)
            if not counted or channel is None:
                return
            if phase != "waiting" and delivery.incident_id:
                self._tell_timeline(connection, delivery, channel, outcome, now_us)
            if not outcome.fault:
                self._works(connection, channel, now_us)
            else:
                failing = delivery.attempts >= FAILING_AFTER or phase == "dead"
                self._fails(connection, channel, outcome.fault, now_us, failing=failing)

    def pause_us(self, attempts: int) -> int:
        """How long to wait after so many attempts: doubled each time, give or take half, within the bound."""
        longest_s = self._settings.alerts_delivery_longest_pause_s
        pause_s = min(longest_s, self._settings.alerts_delivery_first_pause_s * 2.0 ** (attempts - 1))
        return round(pause_s * (0.5 + self._spread()) * MICROS_PER_SECOND)

    def _tell_timeline(
        self, connection: sa.Connection, delivery: Delivery, channel: Channel, outcome: Outcome, now_us: int
    ) -> None:
        incident = find_incident(connection, delivery.project_id, delivery.incident_id)
        if incident is None:
            return
        kind: TimelineKind = "not_delivered" if outcome.fault else "delivered"
        whom = f"{channel.name}{' to ' + delivery.target if delivery.target else ''}"
        text = f"{delivery.reason}: {whom}{': ' + _plain(outcome.fault) if outcome.fault else ''}"
        add_to_timeline(connection, incident, now_us, kind, text=text)

    def _works(self, connection: sa.Connection, channel: Channel, now_us: int) -> None:
        works = replace(channel, failing_since_us=None, last_error="", last_delivered_at_us=now_us)
        change_channel(connection, works)
        if channel.failing_since_us is None:
            return
        self._database.lock(connection, telling_lock(channel.project_id))
        incident = open_channel_incident(connection, channel.project_id, channel.id)
        if incident is not None:
            resolve_incident(connection, self._outbox, incident, now_us)

    def _fails(
        self, connection: sa.Connection, channel: Channel, fault: str, now_us: int, *, failing: bool
    ) -> None:
        begins = failing and channel.failing_since_us is None
        since_us = now_us if begins else channel.failing_since_us
        change_channel(connection, replace(channel, failing_since_us=since_us, last_error=_plain(fault)))
        if begins and open_channel_incident(connection, channel.project_id, channel.id) is None:
            open_incident(connection, _failing_incident(channel, _plain(fault), now_us))


def _failing_incident(channel: Channel, fault: str, now_us: int) -> Incident:
    return Incident(
        id=new_id("ali"),
        organisation_id=channel.organisation_id,
        project_id=channel.project_id,
        rule_id="",
        rule_name="Channel fails",
        group=channel.id,
        severity="critical",
        labels={
            "rule": "Channel fails",
            "severity": "critical",
            "metric": "channel",
            "group": channel.id,
            "channel": channel.name,
        },
        summary=f"the channel {channel.name} ({channel.kind}) does not take messages: {fault}",
        note="What is told there is tried again for a while, then given up. See the channel's deliveries.",
        value=None,
        channel_ids=(),
        inhibits=(),
        opened_at_us=now_us,
        noticed_at_us=now_us,
    )


def without(text: str, secrets: Mapping[str, str]) -> str:
    """An answer without the secrets it may repeat; of a secret URL, without its path and what is in that."""
    hidden = {part for secret in secrets.values() for part in (secret, *_parts(secret))}
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def _parts(secret: str) -> list[str]:
    if not secret.startswith(("https://", "http://")):
        return []
    _, _, path = secret.partition("://")[2].partition("/")
    words = re.split(r"[/?&=#]", path)
    return [part for part in (f"/{path}", path, *words) if len(part) >= TELLING_CHARS]


def _plain(text: str) -> str:
    """One line without control characters, of bounded length."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= EXCERPT_CHARS else line[: EXCERPT_CHARS - 1] + "…"
