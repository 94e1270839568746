"""Erasing and exporting an end user: in every store, on both sizes, and nobody else."""

import dataclasses
import json
from typing import Any

import sqlalchemy as sa
from privacy.conftest import House
from span_factories import a_batch, an_event

from lynex_server.engines.cache.protocol import Put
from lynex_server.privacy.holders import EndUser
from lynex_server.privacy.public import RelationalHolder
from lynex_server.processing.public import booked_total
from lynex_server.spans.public import MetricPoint, SpanRow, encode_batch

MARKER = "MARKER-of-ann"


def ann(number: int, **changes: Any) -> Any:
    return an_event(number, **{"end_user_id": "ann", "input": MARKER, "session_id": "chat-1", **changes})


def bob(number: int, **changes: Any) -> Any:
    return an_event(number, **{"end_user_id": "bob", "input": "hello", **changes})


def exported(house: House, end_user_id: str = "ann") -> list[dict[str, Any]]:
    pieces = house.privacy.export_end_user(house.principal(), end_user_id)
    return [json.loads(line) for line in b"".join(pieces).splitlines()]


SPANS = "SELECT end_user_id, count() FROM spans WHERE project_id = {p:String} GROUP BY 1 ORDER BY 1"


def test_every_span_of_an_end_user_goes_and_those_of_others_stay(house: House) -> None:
    house.store(*(ann(number) for number in range(1, 6)), bob(9))
    house.store(ann(7), project_id=(other := house.a_project()))

    erasure = house.finish(house.erase())

    assert (erasure.step, erasure.findings.left) == ("finished", {})
    assert erasure.findings.erased["spans"] == 5
    assert house.rows(SPANS) == [("bob", 1)]
    assert house.columnar.query(SPANS, {"p": other}).rows == [("ann", 1)]


def test_what_names_nobody_in_their_traces_goes_too(house: House) -> None:
    """Over OTLP the user often stands on the first span alone."""
    house.store(ann(1), an_event(2, trace_id=f"{1:032x}", end_user_id="", input=MARKER), bob(3))

    house.finish(house.erase())

    assert house.rows(SPANS) == [("bob", 1)]


def test_rollups_and_ledger_lines_under_their_id_go_and_sums_stay(house: House) -> None:
    house.store(ann(1), ann(2), bob(3))
    cost = "SELECT sum(cost_nanousd), sum(spans) FROM spans_by_hour WHERE project_id = {p:String}"
    sums, booked = house.rows(cost), booked_total(house.database, house.project)

    house.finish(house.erase())

    for table in ("spans_by_end_user_hour", "spans_by_end_user_day"):
        assert house.rows(f"SELECT DISTINCT end_user_id FROM {table} WHERE project_id = {{p:String}}") == [
            ("bob",)
        ]
    assert house.rows(cost) == sums
    assert booked_total(house.database, house.project) == booked
    assert [line for line in exported(house, "ann") if line["held"] == "ledger"] == []
    assert [line for line in exported(house, "bob") if line["held"] == "ledger"]


def test_metric_points_go(house: House) -> None:
    points = [
        MetricPoint(name="tokens", time_us=house.clock.now_us(), value=1, end_user_id=who)
        for who in ("ann", "bob")
    ]
    batch = a_batch(project_id=house.project, points=points)
    house.append(body=encode_batch(batch))
    house.process()

    house.finish(house.erase())

    query = "SELECT end_user_id FROM metric_points WHERE project_id = {p:String}"
    assert house.rows(query) == [("bob",)]


def test_what_waits_on_the_log_is_stored_first_and_then_goes(house: House) -> None:
    house.append(ann(1))
    erasure = house.erase()
    house.append(bob(2))

    for _ in range(3):
        house.clock.advance_us(3_000_000)
        house.eraser.work_once()
    assert house.privacy.erasure(house.principal(), erasure.id).step == "queue"

    house.process()
    assert house.finish(erasure).step == "finished"
    assert house.rows("SELECT count() FROM spans WHERE project_id = {p:String} AND input != ''") == [(1,)]


def test_what_arrives_late_is_counted_without_them(house: House) -> None:
    house.finish(house.erase())
    before = booked_total(house.database, house.project)

    house.store(
        ann(1, tags=[MARKER], metadata={"k": MARKER}, attributes={"a": MARKER}, error_message=MARKER),
        an_event(2, trace_id=f"{1:032x}", end_user_id="", output=MARKER),
        bob(3),
    )

    rows = house.columnar.query("SELECT * FROM spans WHERE project_id = {p:String}", {"p": house.project})
    told = json.dumps(rows.dicts(), default=str)
    assert MARKER not in told
    assert "ann" not in told
    assert "chat-1" not in told
    assert sorted(row["end_user_id"] for row in rows.dicts()) == ["", "", "bob"]
    after = booked_total(house.database, house.project)
    assert after.cost_nanousd > before.cost_nanousd
    assert after.spans == before.spans + 3


def test_a_late_batch_becomes_the_same_rows_each_time(house: House) -> None:
    house.finish(house.erase())
    claim = house.a_claim(a_batch(ann(1), ann(2), project_id=house.project))

    house.processor.process(claim)
    house.processor.process(dataclasses.replace(claim, attempt=2))

    assert house.rows("SELECT count(), uniqExact(span_id) FROM spans WHERE project_id = {p:String}") == [
        (2, 2)
    ]


def test_the_shield_ends(house: House) -> None:
    house.finish(house.erase())
    house.clock.advance_us(8 * 86_400 * 1_000_000)

    house.store(ann(1))

    assert house.rows(SPANS) == [("ann", 1)]


def a_dead_letter(house: House, *events: Any) -> None:
    """A request that was refused as a whole."""
    from_claim = house.a_claim(a_batch(*events, project_id=house.project))
    letter = house.processor._letter(
        from_claim.id, 1, from_claim.entries[0], "store", ValueError("refused"), len(events)
    )
    house.dead_letters.add(letter, from_claim.entries[0].body)


def test_dead_letters_lose_their_spans_and_keep_those_of_others(house: House) -> None:
    a_dead_letter(house, ann(1), bob(2))
    a_dead_letter(house, ann(3))
    a_dead_letter(house, bob(4))

    erasure = house.finish(house.erase())

    assert erasure.findings.erased["dead_letters"] == 2
    letters = house.dead_letters.page(house.project, 10)
    assert sorted(letter.spans for letter in letters) == [1, 1]
    assert [
        line["event"]["end_user_id"] for line in exported(house, "bob") if line["held"] == "dead_letter"
    ] == [
        "bob",
        "bob",
    ]


def test_dead_letters_that_nobody_can_read_go(house: House) -> None:
    house.append(body=b"not a batch, and who knows of whom")
    house.process()
    assert house.dead_letters.count(house.project) == 1

    house.finish(house.erase())

    assert house.dead_letters.count(house.project) == 0


def test_a_body_without_its_row_is_found(house: House) -> None:
    """What a crash between the two leaves."""
    a_dead_letter(house, ann(1))
    [letter] = house.dead_letters.page(house.project, 10)
    body = house.dead_letters.body(letter)
    house.dead_letters.remove(letter)
    house.blob.put(letter.body_key, body)

    house.finish(house.erase())

    assert list(house.blob.keys(letter.body_key)) == []


def test_who_is_named_by_others_is_told_and_left(house: House) -> None:
    house.store(bob(1, session_id="ann"), bob(2, tags=["ann"]), bob(3, input="I know ann"))

    erasure = house.finish(house.erase())

    assert erasure.findings.named == {"spans": 2}
    assert house.rows(SPANS) == [("bob", 3)]


def test_the_id_itself_is_forgotten_and_the_request_still_found_by_it(house: House) -> None:
    asked = house.erase("ann@example.com")
    assert house.privacy.erasures(house.principal(), None, 10, None)[0].end_user_id == "ann@example.com"

    house.finish(asked)

    [found] = house.privacy.erasures(house.principal(), "ann@example.com", 10, None)
    assert (found.id, found.end_user_id) == (asked.id, "")
    with house.database.read() as connection:
        for table in ("erasures", "audit_log", "erasure_salts"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert "ann@example.com" not in str(rows)


def test_cached_answers_of_the_whole_project_go_for_nobody_knows_whose_they_are(house: House) -> None:
    other = house.a_project()
    for project_id in (house.project, other):
        house.cache.put(project_id, [Put("key", b"Dear Ann", ttl_s=3600)])

    erasure = house.finish(house.erase())

    assert erasure.step == "finished"
    assert house.cache.get(house.project, "key") is None
    assert house.cache.get(other, "key") == b"Dear Ann"


def test_asking_again_while_it_is_under_way_is_the_same_erasure(house: House) -> None:
    first = house.erase()

    assert house.erase().id == first.id
    house.finish(first)
    assert house.erase().id != first.id


def test_a_crash_in_the_middle_is_made_good(embedded_house: House) -> None:
    """A holder that fails after others have erased: what was found is kept, and the rest is done later."""
    house = embedded_house
    house.store(ann(1))
    asked = house.erase()
    last = house.holders[-1]
    failing = [True]
    erase = last.erase_end_user

    def fail_once(user: Any) -> None:
        if failing.pop() if failing else False:
            raise RuntimeError("power cut")
        erase(user)

    last.erase_end_user = fail_once
    for _ in range(3):
        house.clock.advance_us(3_000_000)
        house.eraser.work_once()
    assert house.privacy.erasure(house.principal(), asked.id).step == "stores"
    house.clock.advance_us(60_000_000)

    erasure = house.finish(asked)

    assert (erasure.step, erasure.findings.erased["spans"]) == ("finished", 1)


def test_no_look_at_the_schema_holds_up_whoever_writes(embedded_house: House) -> None:
    """SQLite lets one write at a time: what is asked in such a transaction, everybody waits for."""
    house = embedded_house
    said: list[str] = []
    sa.event.listen(
        house.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: said.append(statement),
    )

    RelationalHolder(house.database).erase_end_user(EndUser(house.project, "ann", "", ""))

    writing = said[said.index("BEGIN IMMEDIATE") + 1 :]
    assert writing
    assert {statement.split()[0] for statement in writing} == {"DELETE"}


def test_what_cannot_be_removed_fails_and_says_what_is_left(embedded_house: House) -> None:
    house = embedded_house
    house.store(ann(1))
    house.holders[0].erase_end_user = lambda user: None

    erasure = house.finish(house.erase())

    assert (erasure.step, erasure.end_user_id) == ("failed", "ann")
    assert erasure.findings.left["spans"] == 1

    del house.holders[0].erase_end_user
    assert house.finish(house.erase()).step == "finished"
    assert {each.end_user_id for each in house.privacy.erasures(house.principal(), None, 10, None)} == {""}


def test_an_export_holds_everything_and_nobody_else(house: House) -> None:
    house.store(*(ann(number, output=f"answer {number}") for number in range(120)), bob(500))
    house.store(an_event(7, span_id="f" * 16, trace_id=f"{1:032x}", end_user_id=""))
    a_dead_letter(house, ann(600), bob(601))

    lines = exported(house)

    spans = [line for line in lines if line["held"] == "span"]
    assert len({line["span_id"] for line in spans}) == len(spans) == 121
    assert {line["input"] for line in spans} == {MARKER, ""}
    assert spans[5]["output"].startswith("answer ")
    assert [line["event"]["span_id"] for line in lines if line["held"] == "dead_letter"] == [f"{600:016x}"]
    assert {line["scope_value"] for line in lines if line["held"] == "ledger"} == {"ann"}
    assert "bob" not in json.dumps(lines)


def test_every_column_of_a_span_is_exported(house: House) -> None:
    house.store(ann(1))

    [span] = [line for line in exported(house) if line["held"] == "span"]

    assert set(SpanRow.__struct_fields__) - {"batch_id"} <= set(span)
