"""Reports of providers: imported, listed, removed, and compared with what was recorded here."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from lynex_server.engines.columnar.protocol import Columnar, QueryLimits
from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.kernel.errors import Conflict, InvalidInput, NotFound
from lynex_server.kernel.ids import new_id
from lynex_server.prices import tables
from lynex_server.prices.provider_formats import ReportLine, read_report
from lynex_server.prices.reconciliation import Reconciled, Side, reconcile, under_their_names
from lynex_server.pricing.public import canonical_provider, model_ref
from lynex_server.safety.public import Actor, AuditLog

REPORTS_MAX = 500
"""Reports that one project keeps."""
DAYS_MAX = 100
"""Days that one reconciliation covers."""

_reports = tables.provider_reports.c
_lines = tables.provider_report_lines.c

_OURS = """
SELECT toString(toDate(start_time, 'UTC')) AS day, provider, lower(model) AS name,
    countIf(kind IN ('llm', 'embedding')), sum(ifNull(input_tokens, 0)), sum(ifNull(output_tokens, 0)),
    sum(ifNull(cost_nanousd, 0)), countIf(cost_source = 'unpriced'),
    sumIf(ifNull(input_tokens, 0) + ifNull(output_tokens, 0), cost_source = 'unpriced')
FROM spans
WHERE project_id = {project:String} AND model != '' AND price_version != 'local-cache-hit'
    AND start_time >= toDateTime64({first:String}, 6, 'UTC')
    AND start_time < toDateTime64({after:String}, 6, 'UTC')
GROUP BY day, provider, name
"""
_LIMITS = QueryLimits(max_rows=200_000)


@dataclass(frozen=True, slots=True)
class StoredReport:
    """An imported report."""

    id: str
    provider: str
    name: str
    format: str
    first_day: str
    last_day: str
    imported_by: str
    imported_at_us: int


class ReportService:
    """Called from routes in a thread."""

    def __init__(self, database: Database, columnar: Columnar, audit: AuditLog, clock: Clock) -> None:
        self._database = database
        self._columnar = columnar
        self._audit = audit
        self._clock = clock

    def bring_in(
        self, organisation_id: str, project_id: str, name: str, content: str, actor: Actor
    ) -> StoredReport:
        """Keep a provider's file.

        Raises `InvalidInput` for one that cannot be read, `Conflict` when there are too many.
        """
        report = read_report(content)
        stored = StoredReport(
            id=new_id("prr"),
            provider=report.provider,
            name=name,
            format=report.format,
            first_day=report.lines[0].day,
            last_day=report.lines[-1].day,
            imported_by=actor.name or actor.id,
            imported_at_us=self._clock.now_us(),
        )
        with self._database.begin() as connection:
            count: int = connection.execute(
                sa.select(sa.func.count()).where(_reports.project_id == project_id)
            ).scalar_one()
            if count >= REPORTS_MAX:
                raise Conflict(f"A project keeps {REPORTS_MAX} reports. Remove some first.")
            values = {name: getattr(stored, name) for name in StoredReport.__dataclass_fields__}
            connection.execute(sa.insert(tables.provider_reports).values(project_id=project_id, **values))
            connection.execute(
                sa.insert(tables.provider_report_lines),
                [_values(stored.id, line) for line in report.lines],
            )
            self._audit.record(
                connection,
                actor,
                "price.report_imported",
                organisation_id=organisation_id,
                project_id=project_id,
                target=stored.id,
                after={"name": name, "format": report.format},
            )
        return stored

    def listed(self, project_id: str) -> list[StoredReport]:
        """Those of a project, latest first."""
        statement = (
            sa.select(*(_reports[name] for name in StoredReport.__dataclass_fields__))
            .where(_reports.project_id == project_id)
            .order_by(_reports.imported_at_us.desc(), _reports.id)
        )
        with self._database.read() as connection:
            return [StoredReport(*row) for row in connection.execute(statement)]

    def remove(self, organisation_id: str, project_id: str, report_id: str, actor: Actor) -> None:
        """Drop one with its lines. Raises `NotFound`."""
        with self._database.begin() as connection:
            theirs = sa.and_(_reports.id == report_id, _reports.project_id == project_id)
            if connection.execute(sa.select(_reports.id).where(theirs)).first() is None:
                raise NotFound(f"no report {report_id}")
            connection.execute(sa.delete(tables.provider_report_lines).where(_lines.report_id == report_id))
            connection.execute(sa.delete(tables.provider_reports).where(theirs))
            self._audit.record(
                connection,
                actor,
                "price.report_removed",
                organisation_id=organisation_id,
                project_id=project_id,
                target=report_id,
            )

    def reconcile(self, project_id: str, provider: str, first: date, last: date) -> list[Reconciled]:
        """Ours against theirs, per UTC day and model. Raises `InvalidInput` for a range that is none."""
        if not first <= last or (last - first).days >= DAYS_MAX:
            raise InvalidInput(f"from, to: up to {DAYS_MAX} days expected", field="from")
        theirs = self._theirs(project_id, provider, first, last)
        ours = under_their_names(
            self._ours(project_id, provider, first, last),
            theirs,
            lambda model: model_ref(provider, model).ids[-1],
        )
        days = [
            (day, model, ours.get((day, model), Side(0, 0, 0, 0)), theirs.get((day, model)))
            for day, model in sorted(ours.keys() | theirs.keys())
        ]
        return reconcile(days)

    def _theirs(self, project_id: str, provider: str, first: date, last: date) -> dict[tuple[str, str], Side]:
        """By the report that was imported last of those that say a thing."""
        statement = (
            sa.select(
                _lines.day,
                _lines.model,
                _lines.requests,
                _lines.input_tokens,
                _lines.output_tokens,
                _lines.cost_nanousd,
            )
            .join(tables.provider_reports, _reports.id == _lines.report_id)
            .where(
                _reports.project_id == project_id,
                _reports.provider == canonical_provider(provider),
                _lines.day.between(first.isoformat(), last.isoformat()),
            )
            .order_by(_reports.imported_at_us, _reports.id)
        )
        said: defaultdict[tuple[str, str], list[int | None]] = defaultdict(lambda: [None] * 4)
        with self._database.read() as connection:
            for day, model, *amounts in connection.execute(statement):
                known = said[(day, model)]
                for place, amount in enumerate(amounts):
                    known[place] = known[place] if amount is None else int(amount)
        return {
            key: Side(calls, tokens_in, tokens_out, cost)
            for key, (calls, tokens_in, tokens_out, cost) in said.items()
        }

    def _ours(self, project_id: str, provider: str, first: date, last: date) -> dict[tuple[str, str], Side]:
        params = {
            "project": project_id,
            "first": first.isoformat(),
            "after": (last + timedelta(days=1)).isoformat(),
        }
        wanted = canonical_provider(provider)
        sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
        for day, of_provider, model, *amounts in self._columnar.query(_OURS, params, _LIMITS).rows:
            if canonical_provider(of_provider) == wanted:
                line = sums[(day, model)]
                for place, amount in enumerate(amounts):
                    line[place] += int(amount)
        return {
            key: Side(calls, tokens_in, tokens_out, cost, unpriced, unpriced_tokens)
            for key, (calls, tokens_in, tokens_out, cost, unpriced, unpriced_tokens) in sums.items()
        }


def _values(report_id: str, line: ReportLine) -> dict[str, str | int | None]:
    return {
        "report_id": report_id,
        "day": line.day,
        "model": line.model,
        "requests": line.requests,
        "input_tokens": line.input_tokens,
        "output_tokens": line.output_tokens,
        "cache_read_tokens": line.cache_read_tokens,
        "cost_nanousd": line.cost_nanousd,
    }
