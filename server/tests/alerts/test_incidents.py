"""Incidents, silences and mute schedules over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from alerts.conftest import Stage
from alerts.factories import wanted
from safety.local_servers import Answer, local_server

ABOVE_NOTHING = {"metric": "calls", "condition": {"kind": "above", "limit": 0}}


def firing(stage: Stage, **changes) -> str:
    """The id of an incident that is open now."""
    stage.a_rule(**ABOVE_NOTHING, **changes)
    stage.calls(3, 20)
    stage.tick()
    return str(stage.incidents()[0]["id"])


def kinds(stage: Stage, incident_id: str) -> list[str]:
    return [each["kind"] for each in stage.get(f"/incidents/{incident_id}")["timeline"]]


def test_an_incident_is_acknowledged_commented_and_resolved(stage: Stage):
    incident_id = firing(stage, once_per="hour")

    assert stage.post(f"/incidents/{incident_id}/acknowledge", None)["phase"] == "acknowledged"
    stage.post(f"/incidents/{incident_id}/acknowledge", None)
    stage.post(f"/incidents/{incident_id}/comments", {"text": "The provider has an outage."})
    resolved = stage.post(f"/incidents/{incident_id}/resolve", {"text": "Moved away."})

    assert (resolved["phase"], resolved["resolved_by"], resolved["acknowledged_by"]) == (
        "resolved",
        "ci",
        "ci",
    )
    assert kinds(stage, incident_id) == ["opened", "notified", "acknowledged", "commented", "resolved"]
    assert stage.ask("POST", f"/incidents/{incident_id}/acknowledge").status_code == 409
    assert stage.audited()[-3:] == [
        "alert_incident.acknowledged", "alert_incident.commented", "alert_incident.resolved",
    ]  # fmt: skip
    stage.tick()
    assert len(stage.incidents()) == 1


def test_the_timeline_is_paged_and_filtered(stage: Stage):
    for number in range(5):
        stage.a_rule(name=f"rule {number}", severity="critical" if number % 2 else "info", **ABOVE_NOTHING)
    stage.calls(3, 20)
    stage.tick()

    seen, cursor = [], None
    while True:
        page = stage.get("/incidents", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [each["rule"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert sorted(seen) == [f"rule {number}" for number in range(5)]
    assert len(stage.incidents(severity="critical")) == 2
    assert len(stage.incidents(phase="open")) == 5
    assert stage.incidents(phase="resolved") == []
    now = datetime.fromtimestamp(stage.clock.now_us() / 1e6, UTC)
    assert stage.incidents(to=(now - timedelta(hours=1)).isoformat()) == []
    assert len(stage.incidents(**{"from": (now - timedelta(hours=1)).isoformat()})) == 5


def test_a_silence_holds_the_news_back_until_it_ends(stage: Stage):
    with local_server(lambda _seen: Answer(200)) as server:
        stage.a_webhook(server.port)
        matchers = [{"label": "severity", "value": "warning"}]
        silence = stage.post("/silences", {"matchers": matchers, "minutes": 60, "reason": "migration"})
        incident_id = firing(stage)
        stage.send_all()
        assert server.seen == []
        shown = stage.get(f"/incidents/{incident_id}")
        assert shown["held_by"] == f"silence {silence['id']}: migration"

        stage.delete(f"/silences/{silence['id']}")
        stage.send_all()

    assert len(server.seen) == 1
    assert kinds(stage, incident_id) == ["opened", "held", "notified", "delivered"]
    assert stage.get("/silences")["items"] == []
    assert [each["holds"] for each in stage.get("/silences", every=True)["items"]] == [False]


def test_nobody_hears_of_what_began_and_ended_in_silence(stage: Stage):
    with local_server(lambda _seen: Answer(200)) as server:
        stage.a_webhook(server.port)
        stage.post("/silences", {"minutes": 60, "reason": "migration"})
        firing(stage, window="1m")
        stage.tick(300)
        stage.pass_time(7200)
        stage.send_all()

    assert server.seen == []


def test_a_mute_schedule_holds_the_news_back_while_its_window_is_open(stage: Stage):
    """It is Monday noon."""
    windows = [{"days": ["mon"], "start": "11:00", "end": "13:00"}]
    mute = stage.post("/mutes", {"name": "Lunch", "windows": windows})
    assert mute["open"] is True
    incident_id = firing(stage)
    assert stage.get(f"/incidents/{incident_id}")["held_by"] == "mute schedule Lunch"

    stage.put(f"/mutes/{mute['id']}", {"name": "Lunch", "windows": windows, "time_zone": "Asia/Tokyo"})
    stage.tick()

    assert stage.get(f"/incidents/{incident_id}")["notified_at"] is not None
    stage.delete(f"/mutes/{mute['id']}")
    assert stage.get("/mutes")["items"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/silences", {"reason": "no end"}),
        ("/silences", {"reason": "over", "until": "2020-01-01T00:00:00Z"}),
        ("/mutes", {"name": "x", "windows": [{"days": ["mon"], "start": "25:00", "end": "13:00"}]}),
        ("/mutes", {"name": "x", "time_zone": "Mars/Olympus", "windows": [
            {"days": ["mon"], "start": "11:00", "end": "13:00"}]}),
    ],
)  # fmt: skip
def test_quiet_that_makes_no_sense_is_refused(stage: Stage, path: str, body):
    assert stage.ask("POST", path, body).status_code in (400, 422)


def test_a_rule_that_fires_holds_back_what_it_inhibits(stage: Stage):
    """Whatever the order in which the two are looked at."""
    stage.a_rule(name="Symptom", severity="warning", **ABOVE_NOTHING)
    stage.a_rule(
        name="Cause", severity="critical", inhibits=[{"label": "severity", "value": "warning"}], window="1m",
        **ABOVE_NOTHING,
    )  # fmt: skip
    stage.calls(3, 60)
    stage.calls(3, 20)
    stage.tick()
    held = {each["rule"]: each["held_by"] for each in stage.incidents()}
    assert held["Cause"] == ""
    assert "of Cause" in held["Symptom"]

    stage.tick(120)

    assert {each["rule"]: each["phase"] for each in stage.incidents()} == {
        "Cause": "resolved",
        "Symptom": "open",
    }
    assert all(each["notified_at"] for each in stage.incidents())


def test_another_project_sees_and_changes_nothing(stage: Stage):
    incident_id = firing(stage)
    [rule] = stage.get("/rules")["items"]
    stage.identity.create_project("Other", "prj_other")
    stranger = stage.identity.create_key("prj_other", "ci", ("read", "admin")).secret

    assert stage.ask("GET", "/incidents", key=stranger).json()["items"] == []
    assert stage.ask("GET", "/rules", key=stranger).json()["items"] == []
    for method, path, body in (
        ("GET", f"/incidents/{incident_id}", None),
        ("POST", f"/incidents/{incident_id}/acknowledge", None),
        ("POST", f"/incidents/{incident_id}/resolve", {"text": ""}),
        ("GET", f"/rules/{rule['id']}", None),
        ("PUT", f"/rules/{rule['id']}", wanted().model_dump(mode="json")),
        ("DELETE", f"/rules/{rule['id']}", None),
    ):
        assert stage.ask(method, path, body, key=stranger).status_code == 404, path
    assert stage.get("/rules")["items"][0]["id"] == rule["id"]
