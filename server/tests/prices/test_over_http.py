"""The same on a ClickHouse server: pricing history again goes over its HTTP protocol as well."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_server import HttpServer
from prices.stage import Stage
from pricing.override_factories import an_override

from lynex_server.engines.columnar.clickhouse import ClickHouse, open_columnar
from lynex_server.engines.columnar.migrations import migrate as migrate_columnar
from lynex_server.engines.relational.database import Database
from lynex_server.prices.unpriced import unpriced_models
from lynex_server.spans.public import spans_migrations

NEW = 1000 * 1000 + 100 * 2000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    server = HttpServer(tmp_path_factory.mktemp("clickhouse"))
    columnar = open_columnar(server.url)
    migrate_columnar(columnar, spans_migrations())
    yield columnar
    columnar.close()
    server.kill()


def test_history_is_priced_again(served: ClickHouse, database: Database, tmp_path: Path):
    stage = Stage(served, database, tmp_path)
    stage.store(*(stage.an_event(number) for number in range(150)))
    stage.store(stage.an_event(200, provider="vllm", model="our-llama", usage_estimated=True))
    (unpriced,) = unpriced_models(served, stage.project, 0, 2**52)
    assert (unpriced.model, unpriced.spans, unpriced.flags) == (
        "our-llama",
        1,
        ("model_unknown", "usage_estimated"),
    )

    stage.use(an_override(project_id=stage.project, provider="", model="*"))
    dry = stage.reprice(dry_run=True)
    job = stage.reprice()

    assert stage.cost() == 151 * NEW
    assert stage.differences(dry) == stage.differences(job)
    assert unpriced_models(served, stage.project, 0, 2**52) == []
