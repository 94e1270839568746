"""What could not be processed, over HTTP: seen with its reason, replayed, dropped."""

from typing import Any

from app.real_lynex import Installation, Tenant, an_event, eventually

CORRUPT = b"\x28\xb5\x2f\xfd and then nonsense"
"""Begins as an entry of the queue does."""


def a_letter(installation: Installation, tenant: Tenant) -> dict[str, Any]:
    """The one dead letter of the tenant, made of bytes that are no batch."""
    installation.put_in_queue(tenant, CORRUPT)
    [letter] = eventually(lambda: letters_of(tenant))
    return letter


def letters_of(tenant: Tenant) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = tenant.get("/v1/dead-letters")["items"]
    return items


def test_a_corrupt_entry_is_told_with_its_reason(installation: Installation, tenant: Tenant) -> None:
    letter = a_letter(installation, tenant)

    assert letter["stage"] == "decode"
    assert "not a batch of events" in letter["reason"]
    assert (letter["spans"], letter["bytes"], letter["attempts"]) == (None, len(CORRUPT), 1)
    detail = tenant.get(f"/v1/dead-letters/{letter['id']}")
    assert detail["events"] == ""
    assert tenant.get("/v1/status")["dead_letters"] == 1


def test_a_corrupt_entry_takes_no_neighbour_along(installation: Installation, tenant: Tenant) -> None:
    tenant.send(an_event(1))
    a_letter(installation, tenant)
    tenant.send(an_event(2))

    tenant.see(2)

    assert sum(tenant.span_ids().values()) == 2


def test_what_fails_again_comes_back_as_a_new_letter(installation: Installation, tenant: Tenant) -> None:
    letter = a_letter(installation, tenant)

    answer = tenant.ask("POST", f"/v1/dead-letters/{letter['id']}/replay")

    assert answer.json() == {"replayed": 1}
    [again] = eventually(lambda: letters_of(tenant))
    assert again["id"] != letter["id"]
    assert again["failed_at"] > letter["failed_at"]
    assert again["reason"] == letter["reason"]
    assert tenant.ask("POST", "/v1/dead-letters/replay-all").json() == {"replayed": 1}
    eventually(
        lambda: [each["id"] for each in letters_of(tenant)],
        lambda ids: len(ids) == 1 and ids != [again["id"]],
    )


def test_a_deleted_letter_is_gone(installation: Installation, tenant: Tenant) -> None:
    letter = a_letter(installation, tenant)

    assert tenant.ask("DELETE", f"/v1/dead-letters/{letter['id']}").status_code == 204

    assert letters_of(tenant) == []
    assert tenant.ask("GET", f"/v1/dead-letters/{letter['id']}").status_code == 404
    assert tenant.ask("DELETE", f"/v1/dead-letters/{letter['id']}").status_code == 404


def test_letters_are_paged_latest_first(installation: Installation, tenant: Tenant) -> None:
    for number in range(5):
        installation.put_in_queue(tenant, b"nonsense %d" % number)
    eventually(lambda: letters_of(tenant), lambda letters: len(letters) == 5)

    pages, cursor = [], None
    while True:
        page = tenant.get("/v1/dead-letters", limit=2, **({"cursor": cursor} if cursor else {}))
        pages.append(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert [len(page) for page in pages] == [2, 2, 1]
    seen = [letter["id"] for page in pages for letter in page]
    assert seen == [letter["id"] for letter in letters_of(tenant)]
