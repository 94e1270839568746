"""Whose calls are meant: the rule on a call in hand and the one on stored spans say the same."""

import pytest
from budgets.factories import a_call
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from span_factories import BOOK, a_batch, an_event

from lynex_server.budgets.books import call_in
from lynex_server.budgets.scope import Scope, conditions, like_pattern
from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.kernel.ids import new_id
from lynex_server.kernel.patterns import matches
from lynex_server.processing.rows import span_row
from lynex_server.spans.public import span_columns


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(project_id="prj_a"),
        Scope(model="gpt-*"),
        Scope(model="openai/gpt-4o-????-??-??"),
        Scope(model="gpt-4o"),
        Scope(environment="production", route="/chat", end_user="ann", api_key="key_1"),
        Scope(session="s1", tag="beta"),
    ],
)
def test_covers_a_call_when_every_given_field_holds(scope: Scope):
    assert scope.covers(a_call(model_requested="gpt-4o", session="s1", tags=("beta", "x")))


@pytest.mark.parametrize(
    "scope",
    [
        Scope(project_id="prj_b"),
        Scope(model="claude-*"),
        Scope(model="gpt"),
        Scope(environment="production", end_user="bob"),
        Scope(tag="beta"),
        Scope(session="s1"),
        Scope(api_key="key_2"),
        Scope(route="/chat?"),
    ],
)
def test_does_not_cover_a_call_of_which_one_field_does_not_hold(scope: Scope):
    assert not scope.covers(a_call())


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("gpt-*", "gpt-", True),
        ("gpt-4?", "gpt-4o", True),
        ("gpt-4?", "gpt-4", False),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("100%", "100%", True),
        ("100%", "100x", False),
        ("a_c", "abc", False),
        ("*", "two\nlines", True),
    ],
)
def test_a_pattern_means_only_stars_and_question_marks(pattern: str, text: str, fits: bool):
    assert matches(pattern, text) == fits


words = st.sampled_from(["", "a", "ab", "a%", "a_b", "a\\b", "*", "a*", "?b", "a?", "*b*"])
names = st.sampled_from(["", "a", "ab", "a%", "a_b", "a\\b", "xb"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    scope=st.builds(Scope, environment=names, model=words, route=words, tag=names, session=names),
    data=st.data(),
)
def test_stored_spans_are_told_apart_as_calls_are(embedded_columnar: ClickHouse, scope: Scope, data):
    project = new_id("prj")
    rows = []
    for number in range(8):
        event = an_event(
            number,
            environment=data.draw(names),
            provider=data.draw(st.sampled_from(["", "a"])),
            model=data.draw(names),
            model_requested=data.draw(names),
            route=data.draw(names),
            session_id=data.draw(names),
            tags=data.draw(st.lists(names, max_size=2)),
        )
        rows.append(span_row(event, a_batch(event, project_id=project), project, BOOK))
    embedded_columnar.insert_columns("spans", span_columns(rows), project)
    sql, bound = conditions(scope, [project])

    found = embedded_columnar.query(f"SELECT span_id FROM spans WHERE {sql} ORDER BY span_id", bound).rows

    assert [span_id for (span_id,) in found] == sorted(
        row.span_id for row in rows if scope.covers(call_in(row))
    )


def test_translates_a_pattern_for_sql():
    assert like_pattern("50%_a*b?\\") == "50\\%\\_a%b_\\\\"
