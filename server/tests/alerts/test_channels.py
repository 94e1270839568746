"""Channels against real local servers: HTTP receivers that check signatures and fail on demand, SMTP."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from alerts.conftest import Stage
from alerts.factories import wanted
from safety.local_servers import Answer, LocalServer, Seen, local_server
from servers import free_port

from lynex_server.alerts.delivery_storage import LEASE_US
from lynex_server.alerts.sender import Sender
from lynex_server.engines.mail.opening import open_direct_mailer

SECRET = "T0KEN-that-nobody-may-read"  # of the test


def firing(stage: Stage, **changes) -> None:
    """A rule that fires right now."""
    stage.a_rule(metric="calls", condition={"kind": "above", "limit": 0}, **changes)
    stage.calls(3, 20)
    stage.tick()


@contextmanager
def answering(*answers: Answer) -> Iterator[LocalServer]:
    """A server that gives these answers in turn, and the last one from then on."""
    left = list(answers)
    with local_server(lambda _seen: left.pop(0) if len(left) > 1 else left[0]) as server:
        yield server


def is_signed(seen: Seen, secret: str) -> bool:
    """Checked as the documentation tells receivers to."""
    text = f"{seen.headers['x-lynex-timestamp']}.".encode() + seen.body
    expected = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, seen.headers["x-lynex-signature"])


def deliveries(stage: Stage, channel_id: str) -> list[dict]:
    return stage.get(f"/channels/{channel_id}/deliveries")["items"]


def test_a_webhook_is_signed_and_told_once_of_each_end(stage: Stage):
    with answering(Answer(200)) as server:
        channel = stage.a_webhook(server.port)
        firing(stage, window="1m")
        stage.tick()
        stage.send_all()
        stage.tick(300)
        stage.send_all()

    opened, _resolved = server.seen
    assert all(is_signed(seen, channel["signing_secret"]) for seen in server.seen)
    assert not is_signed(replace(opened, body=opened.body + b" "), channel["signing_secret"])
    told = [json.loads(seen.body) for seen in server.seen]
    assert [each["incident"]["reason"] for each in told] == ["opened", "resolved"]
    assert told[0]["incident"]["incident_id"] == told[1]["incident"]["incident_id"]
    assert told[0]["title"] == "[FIRING] Errors"
    assert [each["phase"] for each in deliveries(stage, channel["id"])] == ["sent", "sent"]


def test_a_failure_is_tried_again_with_the_same_key(stage: Stage):
    with answering(Answer(503, body=b"down"), Answer(500), Answer(204, body=b"")) as server:
        channel = stage.a_webhook(server.port)
        firing(stage)
        stage.send_all()

    assert len(server.seen) == 3
    assert len({seen.headers["idempotency-key"] for seen in server.seen}) == 1
    [delivery] = deliveries(stage, channel["id"])
    assert (delivery["phase"], delivery["attempts"], delivery["status"]) == ("sent", 3, 204)


def test_pauses_grow_are_spread_and_bounded(stage: Stage):
    stage.restart(alerts_delivery_first_pause_s=10, alerts_delivery_longest_pause_s=60)
    sender = stage.alerts.sender

    pauses_s = [sender.pause_us(attempts) / 1e6 for attempts in (1, 2, 3, 4, 9)]

    for pause_s, middle_s in zip(pauses_s, (10, 20, 40, 60, 60), strict=True):
        assert 0.5 * middle_s <= pause_s <= 1.5 * middle_s


def test_what_cannot_be_delivered_is_given_up_visibly_and_told_elsewhere(stage: Stage):
    with answering(Answer(500, body=b"no such luck")) as broken, answering(Answer(200)) as working:
        bad = stage.a_webhook(broken.port, name="Broken")
        good = stage.a_webhook(working.port, name="Working", match=None)
        firing(stage)
        stage.send_all()

    assert len(broken.seen) == 4
    [delivery] = deliveries(stage, bad["id"])
    assert (delivery["phase"], delivery["status"]) == ("dead", 500)
    assert delivery["excerpt"] == "it answered 500 · no such luck"
    shown = stage.get(f"/channels/{bad['id']}")
    assert (shown["failing_since"] is not None, shown["last_error"]) == (True, "it answered 500")
    [told] = working.seen
    assert "the channel Broken (webhook) does not take messages" in json.loads(told.body)["text"]
    assert [each["phase"] for each in deliveries(stage, good["id"])] == ["sent"]
    assert {each["rule"] for each in stage.incidents()} == {"Errors", "Channel fails"}


def test_a_channel_that_works_again_ends_its_incident(stage: Stage):
    with answering(*[Answer(500)] * 4, Answer(200)) as server:
        channel = stage.a_webhook(server.port)
        firing(stage)
        stage.send_all()
        stage.post(f"/channels/{channel['id']}/test", None)

    assert stage.get(f"/channels/{channel['id']}")["failing_since"] is None
    assert {each["rule"]: each["phase"] for each in stage.incidents()} == {
        "Errors": "open", "Channel fails": "resolved",
    }  # fmt: skip


def test_news_of_an_incident_comes_in_order(stage: Stage):
    """The resolution waits for the opening that is still being tried."""
    with answering(Answer(503), Answer(503), Answer(200)) as server:
        stage.a_webhook(server.port)
        firing(stage, window="1m")
        stage.tick(300)
        stage.send_all()

    reasons = [json.loads(seen.body)["incident"]["reason"] for seen in server.seen]
    assert reasons == ["opened", "opened", "opened", "resolved"]


def test_a_crash_after_sending_repeats_under_the_same_key(stage: Stage, monkeypatch):
    with answering(Answer(200)) as server:
        channel = stage.a_webhook(server.port)
        firing(stage)

        def dies(*_args) -> None:
            raise SystemExit

        with monkeypatch.context() as patched:
            patched.setattr(Sender, "_write", dies)
            with pytest.raises(SystemExit):
                stage.send_all()
        stage.restart()
        assert stage.send_all() == 0
        stage.clock.advance_us(LEASE_US)
        assert stage.send_all() == 1

    assert len({seen.headers["idempotency-key"] for seen in server.seen}) == 1
    [delivery] = deliveries(stage, channel["id"])
    assert (delivery["phase"], delivery["attempts"]) == ("sent", 2)


def test_two_processes_send_a_message_once(stage: Stage):
    with answering(Answer(200)) as server:
        stage.a_webhook(server.port)
        firing(stage)
        stage.alerts.telling.tell()
        other = stage.another_process()
        assert [stage.alerts.sender.send_one(), other.sender.send_one()] == [True, False]
        other.telling.tell()
        assert stage.send_all() == 0

    assert len(server.seen) == 1


def target(kind: str, port: int) -> dict:
    url = f"http://127.0.0.1:{port}"
    return {
        "webhook": {"url": f"{url}/{SECRET}"},
        "slack_webhook": {"url": f"{url}/services/{SECRET}"},
        "slack_bot": {"token": SECRET, "slack_channel": "#alerts", "api_url": url},
        "teams": {"url": f"{url}/{SECRET}"},
        "discord": {"url": f"{url}/{SECRET}"},
        "pagerduty": {"routing_key": SECRET, "api_url": url},
        "opsgenie": {"api_key": SECRET, "api_url": url},
        "alertmanager": {"token": SECRET, "api_url": url},
    }[kind] | {"kind": kind}


KINDS = (
    "webhook", "slack_webhook", "slack_bot", "teams", "discord", "pagerduty", "opsgenie", "alertmanager",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_are_in_no_answer_row_or_record(stage: Stage, kind: str):
    """Also when the other side repeats them in its answer."""

    def echo(seen: Seen) -> Answer:
        return Answer(500, body=f"{seen.path} {seen.headers}".encode())

    with local_server(echo) as server:
        made = stage.post("/channels", {"name": "C", "target": target(kind, server.port), "match": []})
        stage.post(f"/channels/{made['id']}/test", None)
        body = {"name": "C2", "target": target(kind, server.port), "match": []}
        for name in ("url", "token", "routing_key", "api_key"):
            body["target"].pop(name, None)
        stage.put(f"/channels/{made['id']}", body)
        answers = [
            json.dumps(stage.get(path))
            for path in ("/channels", f"/channels/{made['id']}", f"/channels/{made['id']}/deliveries")
        ]
        tested = server.seen[-1]

    assert SECRET in f"{tested.path} {tested.headers} {tested.body!r}"
    held = []
    with stage.database.read() as connection:
        for table in sa.inspect(connection).get_table_names():
            held += [str(row) for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))]
    assert not [text for text in [*answers, *held] if SECRET in text]
    if kind == "webhook":
        assert not [text for text in [*answers, *held] if made["signing_secret"] in text]


@pytest.mark.parametrize("kind", KINDS)
def test_what_each_service_is_told(stage: Stage, kind: str):
    """The shapes that the services document; the parts that people read and programs go by."""
    ok = b'{"ok": true}' if kind == "slack_bot" else b"ok"
    with answering(Answer(200, body=ok)) as server:
        stage.post("/channels", {"name": "C", "target": target(kind, server.port), "match": []})
        firing(stage, severity="critical", labels={"team": "search"}, note="Call Ann.", window="1m")
        stage.send_all()
        [incident] = stage.incidents()
        stage.post(f"/incidents/{incident['id']}/acknowledge", None)
        stage.send_all()
        stage.tick(300)
        stage.send_all()

    bodies = [json.loads(seen.body) for seen in server.seen]
    opened, ended = bodies[0], bodies[-1]
    assert all("number of calls was 3" in json.dumps(body) for body in (opened, ended))
    if kind in ("slack_webhook", "slack_bot"):
        assert opened["text"] == "[FIRING] Errors"
        assert [block["type"] for block in opened["blocks"]] == ["header", "section", "context", "actions"]
        assert opened.get("channel") == ("#alerts" if kind == "slack_bot" else None)
    elif kind == "teams":
        card = opened["attachments"][0]["content"]
        assert (card["type"], card["body"][0]["color"]) == ("AdaptiveCard", "Attention")
        assert ended["attachments"][0]["content"]["body"][0]["color"] == "Good"
    elif kind == "discord":
        assert opened["embeds"][0]["title"] == "[FIRING] Errors"
        assert opened["allowed_mentions"] == {"parse": []}
    elif kind == "pagerduty":
        assert [seen.path for seen in server.seen] == ["/v2/enqueue"] * 3
        assert [body["event_action"] for body in bodies] == ["trigger", "acknowledge", "resolve"]
        assert {body["dedup_key"] for body in bodies} == {incident["id"]}
        assert opened["payload"]["severity"] == "critical"
    elif kind == "opsgenie":
        base = f"/v2/alerts/{incident['id']}"
        assert [seen.path for seen in server.seen] == [
            "/v2/alerts", f"{base}/acknowledge?identifierType=alias", f"{base}/close?identifierType=alias",
        ]  # fmt: skip
        assert (opened["alias"], opened["priority"]) == (incident["id"], "P1")
    elif kind == "alertmanager":
        assert opened[0]["labels"]["team"] == "search"
        assert opened[0]["labels"] == ended[0]["labels"]
        assert opened[0]["endsAt"] > ended[0]["endsAt"]


def test_slack_says_no_with_a_200(stage: Stage):
    with answering(Answer(200, body=b'{"ok": false, "error": "channel_not_found"}')) as server:
        made = stage.post("/channels", {"name": "C", "target": target("slack_bot", server.port)})
        [delivery] = stage.post(f"/channels/{made['id']}/test", None)["items"]

    assert delivery["phase"] == "dead"
    assert delivery["excerpt"].startswith("it answered channel_not_found")


def test_a_label_cannot_mention_a_whole_slack_channel(stage: Stage):
    with answering(Answer(200)) as server:
        stage.post("/channels", {"name": "C", "target": target("slack_webhook", server.port), "match": []})
        firing(stage, note="<!channel> & <https://evil.example|here>")
        stage.send_all()

    assert "&lt;!channel&gt; &amp; &lt;https" in server.seen[0].body.decode()


def test_a_webhook_into_the_private_network_is_refused(stage: Stage):
    made = stage.post(
        "/channels", {"name": "C", "target": {"kind": "webhook", "url": "http://169.254.169.254/latest"}}
    )

    [delivery] = stage.post(f"/channels/{made['id']}/test", None)["items"]

    assert (delivery["phase"], delivery["status"]) == ("dead", None)


@pytest.mark.parametrize(
    "channel",
    [
        {"target": {"kind": "webhook"}},
        {"target": {"kind": "webhook", "url": "ftp://example.org"}},
        {"target": {"kind": "email", "to": ["nobody"]}},
        {"target": {"kind": "email", "to": ["a@example.org\r\nBcc: b@example.org"]}},
        {"target": {"kind": "pager"}},
        {"target": {"kind": "email", "to": ["a@example.org"]}, "templates": {"title": "{secret}"}},
    ],
)
def test_a_channel_that_cannot_work_is_refused(stage: Stage, channel):
    assert stage.ask("POST", "/channels", {"name": "C", **channel}).status_code in (400, 422)
    assert stage.get("/channels")["items"] == []


def test_a_secret_does_not_follow_a_changed_address(stage: Stage):
    """Else whoever may change channels could read it, at an address of his own."""
    made = stage.post("/channels", {"name": "C", "target": target("pagerduty", 1)})
    moved = {"kind": "pagerduty", "api_url": "https://evil.example.org"}

    answer = stage.ask("PUT", f"/channels/{made['id']}", {"name": "C", "target": moved})

    assert answer.status_code == 400
    assert stage.get(f"/channels/{made['id']}")["settings"]["api_url"] == "http://127.0.0.1:1"


def test_a_removed_channel_takes_its_secret_along(stage: Stage):
    made = stage.post("/channels", {"name": "C", "target": target("opsgenie", 1)})

    stage.delete(f"/channels/{made['id']}")

    with stage.database.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM secrets")).scalar_one() == 0
    assert stage.audited() == ["alert_channel.created", "alert_channel.removed"]


class Mailbox:
    """An SMTP server's ear; refuses the first `refusals` mails."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.received: list = []

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802  # its name
        if self.refusals:
            self.refusals -= 1
            return "451 later"
        self.received.append(envelope)
        return "250 OK"


@contextmanager
def smtp(stage: Stage, mailbox: Mailbox) -> Iterator[Mailbox]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        url = f"smtp://127.0.0.1:{controller.port}?from=lynex@example.org&tls=none"
        stage.mailer = open_direct_mailer(url)
        stage.restart()
        yield mailbox
    finally:
        controller.stop()


def test_each_recipient_gets_one_mail_though_the_server_refuses_one(stage: Stage):
    with smtp(stage, Mailbox(refusals=1)) as mailbox:
        to = ["ann@example.org", "bob@example.org"]
        channel = stage.post(
            "/channels", {"name": "Mail", "target": {"kind": "email", "to": to}, "match": []}
        )
        firing(stage, note="Call Ann.")
        stage.send_all()

    assert sorted(envelope.rcpt_tos[0] for envelope in mailbox.received) == to
    mail = message_from_bytes(mailbox.received[0].original_content, policy=policy.default)
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("[FIRING] Errors", "auto-generated")
    assert mail["Message-ID"].startswith("<ald_")
    assert "Call Ann." in mail.get_content()
    assert {each["attempts"] for each in deliveries(stage, channel["id"])} == {1, 2}


def test_templates_are_used_and_can_be_tried(stage: Stage):
    templates = {"title": "{severity} {rule}", "text": "{labels} {{{value}}}"}
    shown = stage.post("/templates/preview", templates)
    assert shown["title"] == "critical Errors in production"
    assert shown["text"] == "severity=critical, team=search {12.5}"
    with answering(Answer(200)) as server:
        stage.a_webhook(server.port, templates=templates)
        firing(stage)
        stage.send_all()

    assert json.loads(server.seen[0].body)["title"] == "warning Errors"


def test_routes_go_by_names_labels_and_severity(stage: Stage):
    with answering(Answer(200)) as server:
        named = stage.a_webhook(server.port, name="Named", match=None)
        team = [{"label": "team", "value": "search"}]
        stage.a_webhook(server.port, name="Team", match=team)
        stage.a_webhook(server.port, name="Pager", min_severity="critical")
        stage.a_webhook(server.port, name="Off", enabled=False)
        body = wanted(
            metric="calls", condition={"kind": "above", "limit": 0}, channel_ids=[named["id"]],
            labels={"team": "search"},
        )  # fmt: skip
        stage.post("/rules", body.model_dump(mode="json"))
        stage.calls(3, 60)
        stage.tick()

    [incident] = stage.incidents()
    timeline = stage.get(f"/incidents/{incident['id']}")["timeline"]
    assert [each["text"] for each in timeline if each["kind"] == "notified"] == ["told on Named, Team"]
