"""Redaction settings over HTTP, and how soon and for whom they hold."""

from collections.abc import Callable
from typing import Any

import pytest
from ingest.conftest import Ingest

from lynex_server.safety.public import AuditLog

OWN = {
    "detectors": ["cards"],
    "fields": [],
    "paths": ["metadata.customer"],
    "patterns": [{"name": "order", "expression": r"ORD-\d{6}"}],
    "store_content": True,
    "no_content_environments": [],
}
EVENT = {
    "ts": 1_767_614_400,
    "trace_id": "1" * 32,
    "span_id": "1" * 16,
    "input": "a@b.co 4111111111111111 ORD-123456",
    "metadata": {"customer": "Jane"},
    "tokens_in": 12,
    "model": "gpt-4o",
}


@pytest.fixture
def admin(start_ingest: Callable[..., Ingest]) -> Ingest:
    return start_ingest(scopes=("ingest", "admin"))


def put(ingest: Ingest, settings: Any, **headers: str) -> Any:
    return ingest.client.put("/v1/redaction", json=settings, headers={**ingest.headers, **headers})


def get(ingest: Ingest, path: str = "/v1/redaction", **headers: str) -> Any:
    return ingest.client.get(path, headers={**ingest.headers, **headers})


def stored_input(ingest: Ingest) -> str:
    answer = ingest.client.post("/v1/events", json=EVENT, headers=ingest.headers)
    assert answer.status_code == 207, answer.text
    [batch] = ingest.stored()
    return batch.spans[0].input


def test_a_project_that_set_nothing_has_the_installations_settings(admin: Ingest) -> None:
    answer = get(admin)

    assert answer.json()["version"] == 0
    assert answer.json()["settings"]["detectors"] == ["secrets", "emails", "cards", "phones"]
    assert answer.headers["etag"] == '"0"'
    assert stored_input(admin) == "[redacted:email] [redacted:card] ORD-123456"


def test_a_change_holds_for_the_next_request(admin: Ingest) -> None:
    assert stored_input(admin) == "[redacted:email] [redacted:card] ORD-123456"

    answer = put(admin, OWN)

    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    admin.client.post("/v1/events", json={**EVENT, "span_id": "2" * 16}, headers=admin.headers)
    [batch] = admin.stored()
    assert batch.spans[0].input == "a@b.co [redacted:card] [redacted:order]"
    assert batch.spans[0].metadata == {"customer": "[redacted:field]"}


def test_without_content_counts_and_model_stay(admin: Ingest) -> None:
    put(admin, {**OWN, "store_content": False})
    admin.client.post("/v1/events", json=EVENT, headers=admin.headers)

    [batch] = admin.stored()

    [span] = batch.spans
    assert (span.input, span.output, span.model, span.usage) == ("", "", "gpt-4o", {"input_tokens": 12})
    assert "ORD" not in str(batch)


def test_a_lost_update_is_refused(admin: Ingest) -> None:
    assert put(admin, OWN, **{"If-Match": '"0"'}).status_code == 200

    late = put(admin, {**OWN, "detectors": []}, **{"If-Match": '"0"'})

    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert get(admin).json()["settings"]["detectors"] == ["cards"]
    assert put(admin, OWN, **{"If-Match": "nonsense"}).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"detectors": ["addresses"]},
        {"patterns": [{"name": "slow", "expression": "(a+)+b"}]},
        {"patterns": [{"name": "all", "expression": r"\w{3}"}]},
        {"patterns": [{"name": "Bad Name", "expression": "a"}]},
        {"patterns": [{"name": "q", "expression": "a", "replacement": 'a "quoted" text'}]},
        {"patterns": [{"name": "q", "expression": "a"}] * 2},
        {"patterns": [{"name": f"p{number}", "expression": "zz"} for number in range(51)]},
        {"paths": ["trace_id"]},
        {"unknown": True},
    ],
)
def test_what_cannot_be_applied_is_refused_and_changes_nothing(admin: Ingest, changes: Any) -> None:
    answer = put(admin, {**OWN, **changes})

    assert answer.status_code == 422, answer.text
    assert get(admin).json()["version"] == 0


def test_a_change_is_audited(admin: Ingest) -> None:
    put(admin, OWN)

    audit: AuditLog = admin.client.app.state.redaction._audit
    [entry, *_] = audit.page("default").entries
    assert entry.action == "redaction.changed"
    assert entry.after is not None
    assert "cards" in str(entry.after)


def test_trying_tells_what_would_be_stored_and_why_and_stores_nothing(admin: Ingest) -> None:
    sample = {"input": {"q": "ORD-123456 ORD-654321"}, "metadata": {"customer": "Jane", "password": "x"}}

    answer = admin.client.post(
        "/v1/redaction/try", json={"settings": OWN, "sample": sample}, headers=admin.headers
    ).json()

    assert answer["sample"]["input"] == '{"q":"[redacted:order] [redacted:order]"}'
    assert {(hit["rule"], hit["where"], hit["count"]) for hit in answer["hits"]} == {
        ("order", "input", 2),
        ("path", "metadata", 1),
        ("field", "metadata.password", 1),
    }
    assert get(admin).json()["version"] == 0
    assert admin.stored() == []


def test_trying_without_settings_tries_those_in_force(admin: Ingest) -> None:
    put(admin, {**OWN, "store_content": False})

    answer = admin.client.post(
        "/v1/redaction/try", json={"sample": {"input": "secret"}}, headers=admin.headers
    ).json()

    assert answer["sample"]["input"] == ""
    assert answer["hits"] == [{"rule": "content", "where": "input", "count": 1}]


def test_a_sample_has_a_bound(admin: Ingest) -> None:
    body = {"sample": {"input": "x" * 100_001}}

    assert admin.client.post("/v1/redaction/try", json=body, headers=admin.headers).status_code == 413


def test_an_ingest_key_reads_the_rules_and_may_not_change_them(ingest: Ingest) -> None:
    rules = get(ingest, "/v1/redaction/rules")

    assert rules.json()["format"] == 1
    assert get(ingest, "/v1/redaction/rules", **{"If-None-Match": rules.headers["etag"]}).status_code == 304
    assert get(ingest, "/v1/redaction/rules", **{"If-None-Match": '"other"'}).status_code == 200
    assert put(ingest, OWN).status_code == 403


def test_the_rules_follow_a_change(admin: Ingest) -> None:
    before = get(admin, "/v1/redaction/rules")
    put(admin, OWN)

    after = get(admin, "/v1/redaction/rules", **{"If-None-Match": before.headers["etag"]})

    assert after.status_code == 200
    assert {rule["name"] for rule in after.json()["patterns"]} == {"card", "order"}


def test_another_projects_settings_are_its_own(admin: Ingest) -> None:
    identity = admin.client.app.state.identity
    identity.create_project("Other", "other")
    other = Ingest(admin.client, admin.queue, identity.create_key("other", "key", ("ingest", "admin")).secret)

    put(admin, OWN)

    assert get(other).json()["version"] == 0
    assert stored_input(other) == "[redacted:email] [redacted:card] ORD-123456"
