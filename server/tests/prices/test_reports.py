"""Reports of providers: imported, compared with stored spans, removed."""

from datetime import date
from pathlib import Path

import pytest
from clocks import FixedClock
from prices.stage import Stage

from lynex_server.engines.columnar.clickhouse import ClickHouse
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.errors import InvalidInput, NotFound
from lynex_server.prices.report_service import ReportService
from lynex_server.safety.public import Actor, AuditLog

ANN = Actor("user", "usr_ann", "ann@example.org")
DAY = date(2026, 1, 5)
USAGE = (
    "start_time_iso,model,num_model_requests,input_tokens,output_tokens\n"
    "2026-01-05,gpt-4o-2024-08-06,3,3000,300\n"
)
COSTS = (
    "start_time_iso,line_item,amount_value,amount_currency\n"
    '2026-01-05,"gpt-4o-2024-08-06, input",0.0105,usd\n'
)
CALL_NANOUSD = 1000 * 2500 + 100 * 10_000


def test_ours_are_compared_with_theirs_and_the_difference_is_explained(
    embedded_columnar: ClickHouse, database: Database, tmp_path: Path
):
    stage = Stage(embedded_columnar, database, tmp_path)
    reports = ReportService(database, embedded_columnar, AuditLog(database, FixedClock()), FixedClock())
    # The second tells only the alias that was asked for.
    stage.store(
        stage.an_event(1),
        stage.an_event(2, model="gpt-4o"),
        stage.an_event(3, provider="azure"),
    )

    for name, content in (("usage", USAGE), ("costs", COSTS)):
        reports.bring_in("org_a", stage.project, name, content, ANN)
    (found,) = reports.reconcile(stage.project, "openai", DAY, DAY)

    assert (found.ours.calls, found.ours.cost_nanousd) == (2, 2 * CALL_NANOUSD)
    assert found.theirs is not None
    assert (found.theirs.calls, found.theirs.cost_nanousd) == (3, 10_500_000)
    assert [(part.reason, part.nanousd) for part in found.parts] == [("missing_calls", -CALL_NANOUSD)]
    assert reports.reconcile("prj_other", "openai", DAY, DAY) == []


def test_a_removed_report_counts_no_more_and_is_its_projects_alone(
    embedded_columnar: ClickHouse, database: Database
):
    reports = ReportService(database, embedded_columnar, AuditLog(database, FixedClock()), FixedClock())
    report = reports.bring_in("org_a", "prj_a", "usage", USAGE, ANN)

    with pytest.raises(NotFound):
        reports.remove("org_b", "prj_b", report.id, ANN)
    assert [each.id for each in reports.listed("prj_a")] == [report.id]

    reports.remove("org_a", "prj_a", report.id, ANN)
    assert reports.listed("prj_a") == []
    assert reports.reconcile("prj_a", "openai", DAY, DAY) == []


def test_a_range_that_is_none_is_refused(embedded_columnar: ClickHouse, database: Database):
    reports = ReportService(database, embedded_columnar, AuditLog(database, FixedClock()), FixedClock())

    for first, last in ((DAY, date(2026, 1, 4)), (DAY, date(2026, 6, 1))):
        with pytest.raises(InvalidInput):
            reports.reconcile("prj_a", "openai", first, last)
