"""Cost digests: which period, what they say, and that each goes out once."""

import io
from datetime import date
from email import message_from_bytes, policy

import pytest
from alerts.conftest import Stage
from alerts.factories import DAY_US, HOUR_US
from alerts.test_channels import Mailbox, answering, smtp
from clocks import NOON_US
from hypothesis import given
from hypothesis import strategies as st
from safety.local_servers import Answer

from lynex_server.alerts.digest_plan import DigestPlan, chart_days, day_bounds_us, latest_edition
from lynex_server.alerts.digest_text import Facts, Share, change, digest_of, dollars

USD = 1_000_000_000


def a_plan(**changes) -> DigestPlan:
    values = {
        "id": "adg_1", "organisation_id": "org_a", "project_id": "prj_a", "name": "Spend", "enabled": True,
        "period": "daily", "time_zone": "UTC", "hour": 8, "whole_organisation": False, "channel_ids": (),
        "created_at_us": 0,
    }  # fmt: skip
    return DigestPlan(**{**values, **changes})


def test_a_daily_one_is_about_yesterday():
    """It is noon of Monday, the 5th of January."""
    edition = latest_edition(a_plan(), NOON_US)

    assert (edition.first, edition.after, edition.due_at_us) == (
        date(2026, 1, 4), date(2026, 1, 5), NOON_US - 4 * HOUR_US,
    )  # fmt: skip


def test_before_its_hour_the_one_before_is_the_newest():
    assert latest_edition(a_plan(hour=13), NOON_US).first == date(2026, 1, 3)


def test_a_weekly_one_is_about_monday_to_sunday():
    edition = latest_edition(a_plan(period="weekly"), NOON_US + 2 * DAY_US)

    assert (edition.first, edition.after) == (date(2025, 12, 29), date(2026, 1, 5))
    assert chart_days(edition)[0] == date(2025, 12, 29)


def test_days_are_those_of_the_time_zone():
    """Where clocks go forward, a day has 23 hours."""
    start_us, end_us = day_bounds_us(a_plan(time_zone="Europe/Berlin"), date(2026, 3, 29))

    assert end_us - start_us == 23 * HOUR_US


@given(
    st.sampled_from(["daily", "weekly"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Auckland"]),
    st.integers(0, 23),
    st.integers(0, 2 * 366 * 24 * 60),
)
def test_the_newest_edition_is_due_and_its_period_is_over(period, zone, hour, minutes):
    now_us = NOON_US + minutes * 60_000_000
    plan = a_plan(period=period, time_zone=zone, hour=hour)

    edition = latest_edition(plan, now_us)

    assert day_bounds_us(plan, edition.after)[0] <= edition.due_at_us <= now_us
    assert now_us - edition.due_at_us <= (25 * HOUR_US if period == "daily" else 7 * DAY_US + HOUR_US)


def some_facts(**changes) -> Facts:
    days = [(date(2026, 1, day), day * USD) for day in range(1, 8)]
    values = {
        "title": "Spend, week of 1 Jan", "whose": "Project <b>", "days": days, "total_nanousd": 28 * USD,
        "before_nanousd": 14 * USD, "calls": 1_200, "unpriced": 3,
        "models": [Share("gpt-4o", 20 * USD, 900), Share("o1 & co", 8 * USD, 300)], "projects": [],
    }  # fmt: skip
    return Facts(**{**values, **changes})


def test_the_text_has_bars_and_a_table():
    text = digest_of(some_facts()).text

    assert "Project <b>: $28.00" in text
    assert "1,200 calls; +100 % against $14.00 in the period before" in text
    assert "3 calls have no price" in text
    assert f"Wed 07 Jan  {'█' * 20}  $7.00" in text


def test_the_html_needs_no_pictures_and_escapes_names():
    html = digest_of(some_facts()).html

    assert "Project &lt;b&gt;" in html and "o1 &amp; co" in html
    assert '<table width="100%"' in html and '<table width="14%"' in html
    assert not [word for word in ("<img", "<svg", "<script", "<style") if word in html]


def test_what_has_no_price_is_not_shown_as_free():
    tuned, free = Share("our-llama", 0, 3, unpriced=3), Share("gift", 0, 2)

    written = digest_of(some_facts(models=[tuned, free]))

    assert "our-llama      no price           3 calls" in written.text
    assert "gift              $0.00           2 calls" in written.text
    assert ">no price</td>" in written.html


@pytest.mark.parametrize(
    ("nanousd", "words"),
    [(0, "$0.00"), (12_345_678, "$0.01"), (1_234_567, "$0.0012"), (12_345, "$0.000012"), (1, "$0.000000001")],
)
def test_amounts_are_readable(nanousd: int, words: str):
    assert dollars(nanousd) == words


def test_from_nothing_there_is_no_percent():
    assert change(5 * USD, 0) == "nothing was spent in the period before"


def spend(stage: Stage) -> None:
    """A call of two dollars yesterday, of one dollar the day before, and one today."""
    for days, cost in ((0, 5), (1, 2), (2, 1)):
        stage.calls(1, days * 86_400 + 3600, cost_nanousd=cost * USD)


def test_a_digest_goes_out_once_a_day_by_mail_and_slack(stage: Stage):
    spend(stage)
    with smtp(stage, Mailbox()) as mailbox, answering(Answer(200)) as server:
        mail = stage.post("/channels", {"name": "M", "target": {"kind": "email", "to": ["a@example.org"]}})
        slack_target = {"kind": "slack_webhook", "url": f"http://127.0.0.1:{server.port}/hook"}
        slack = stage.post("/channels", {"name": "S", "target": slack_target})
        body = {"name": "Spend", "period": "daily", "channel_ids": [mail["id"], slack["id"]]}
        made = stage.post("/digests", body)
        assert stage.alerts.digests.send_due() == 0

        stage.pass_time(86_400)
        other = stage.another_process()
        assert [stage.alerts.digests.send_due(), other.digests.send_due(), other.digests.send_due()] == [
            1, 0, 0,
        ]  # fmt: skip
        stage.send_all()

    [envelope] = mailbox.received
    message = message_from_bytes(envelope.original_content, policy=policy.default)
    assert message["Subject"] == "Spend, Mon 05 Jan 2026: $5.00"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "+150 % against $2.00" in message.get_body(("plain",)).get_content()
    assert "Mon 05 Jan" in server.seen[0].body.decode()
    assert stage.get("/digests")["items"][0]["id"] == made["id"]


def test_a_digest_can_be_read_before_it_goes_out(stage: Stage):
    spend(stage)
    made = stage.post("/digests", {"name": "Spend", "period": "weekly"})

    shown = stage.get(f"/digests/{made['id']}/preview")

    assert shown["title"] == "Spend, week of 29 Dec 2025: $3.00"
    assert stage.mails.getvalue() == io.StringIO().getvalue()


def test_a_digest_is_changed_and_removed(stage: Stage):
    made = stage.post("/digests", {"name": "Spend"})

    assert stage.put(f"/digests/{made['id']}", {"name": "Spend", "hour": 9})["hour"] == 9
    stage.delete(f"/digests/{made['id']}")

    assert stage.get("/digests")["items"] == []
    assert stage.audited() == ["alert_digest.created", "alert_digest.changed", "alert_digest.removed"]


def test_a_key_cannot_have_the_sums_of_every_project(stage: Stage):
    body = {"name": "Spend", "whole_organisation": True}

    assert stage.ask("POST", "/digests", body).status_code == 403


def test_digests_go_to_mail_and_slack_only(stage: Stage):
    hook = stage.a_webhook(1)

    assert stage.ask("POST", "/digests", {"name": "S", "channel_ids": [hook["id"]]}).status_code == 400
