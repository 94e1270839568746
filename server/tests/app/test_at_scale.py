"""Lynex as several processes: `serve` and `work` on PostgreSQL, Redis, S3 and ClickHouse's protocol.

The servers are real ones; ClickHouse is its engine behind its HTTP protocol (`clickhouse_over_chdb.py`). What
is not installed skips the file with its reason.
"""

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

import boto3
import pytest
from app.cluster import Cluster, new_cluster
from app.real_lynex import (
    HTTP,
    Installation,
    Process,
    Tenant,
    an_event,
    eventually,
    ledger_equals_spans,
)
from botocore.config import Config
from servers import S3_BUCKET, S3_KEY, S3_SECRET, RedisServer

REQUESTS, EVENTS_PER_REQUEST = 90, 5


@pytest.fixture(scope="module")
def cluster(
    postgres_url: str, running_redis: RedisServer, s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    credentials = f"{quote(S3_KEY, safe='')}:{quote(S3_SECRET, safe='')}"
    blob = f"s3://{credentials}@{S3_BUCKET}/scale?endpoint={s3_endpoint}&region=us-east-1"
    folder = tmp_path_factory.mktemp("scale")
    settings = {"LYNEX_BLOB_URL": blob, "LYNEX_QUEUE_RECLAIM_AFTER_S": "6"}
    with new_cluster(postgres_url, running_redis, folder, **settings) as made:
        yield made


@pytest.fixture(scope="module")
def scaled(cluster: Cluster) -> Iterator[Installation]:
    """The one process that serves."""
    serving = cluster.process("serve")
    yield cluster.installation(serving.url())
    assert serving.end(signal.SIGTERM) == 0


@pytest.fixture
def tenant(scaled: Installation) -> Tenant:
    return scaled.new_tenant()


@pytest.fixture
def worker(cluster: Cluster, scaled: Installation) -> Iterator[Process]:
    """A process that works."""
    working = cluster.process("work")
    working.says("work.started")
    yield working
    assert working.end(signal.SIGTERM) == 0


def test_what_one_process_takes_in_another_stores(
    scaled: Installation, worker: Process, tenant: Tenant
) -> None:
    assert tenant.get("/v1/status")["workers_alive"] is None

    tenant.send(
        an_event(1, input="where is my parcel"), an_event(2, parent_span_id=f"{1:016x}", trace_id=f"{1:032x}")
    )

    tenant.see(2)
    assert eventually(lambda: ledger_equals_spans(scaled, tenant))  # booked right after
    assert tenant.get("/v1/metrics/summary")["calls"] == 2
    assert [node["depth"] for node in tenant.get(f"/v1/traces/{1:032x}")["nodes"]] == [0, 1]
    assert len(tenant.get("/v1/spans", q="parcel")["items"]) == 1


def test_a_listener_of_one_process_hears_what_another_stores(worker: Process, tenant: Tenant) -> None:
    with tenant.listen() as lines:
        tenant.send(an_event(7))
        heard = next(line for line in lines if line.startswith("data:"))

    assert [span["span_id"] for span in json.loads(heard.removeprefix("data:"))] == [f"{7:016x}"]


def test_a_repeated_request_is_answered_again_and_stored_once(
    scaled: Installation, worker: Process, tenant: Tenant
) -> None:
    key = {"Idempotency-Key": "the client's first try"}
    events = [an_event(number) for number in range(5)]

    first = tenant.send(*events, **key)
    again = tenant.send(*events, **key)
    tenant.send(an_event(50))

    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    tenant.see(6)
    assert set(tenant.span_ids().values()) == {1}
    assert scaled.booked(tenant).spans == 6


def test_a_dead_letter_rests_in_s3_until_it_is_replayed_or_deleted(
    scaled: Installation, worker: Process, tenant: Tenant, s3_endpoint: str
) -> None:
    tenant.send(an_event(1))
    scaled.put_in_queue(tenant, b"not a batch")
    tenant.send(an_event(2))

    [letter] = eventually(lambda: tenant.get("/v1/dead-letters")["items"])
    assert "not a batch" in letter["reason"]
    assert bodies_of(tenant, s3_endpoint) == 1
    tenant.see(2)

    assert tenant.ask("POST", f"/v1/dead-letters/{letter['id']}/replay").json() == {"replayed": 1}
    [again] = eventually(lambda: tenant.get("/v1/dead-letters")["items"])
    assert again["id"] != letter["id"]

    assert tenant.ask("DELETE", f"/v1/dead-letters/{again['id']}").status_code == 204
    assert tenant.get("/v1/dead-letters")["items"] == []
    assert bodies_of(tenant, s3_endpoint) == 0


def bodies_of(tenant: Tenant, s3_endpoint: str) -> int:
    """How many bodies of the tenant's dead letters the bucket holds."""
    client = boto3.session.Session().client(
        "s3", endpoint_url=s3_endpoint, region_name="us-east-1",
        aws_access_key_id=S3_KEY, aws_secret_access_key=S3_SECRET,
        config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    prefix = f"scale/dead-letters/project_id={tenant.project_id}/"
    return int(client.list_objects_v2(Bucket=S3_BUCKET, Prefix=prefix)["KeyCount"])


class Sender(threading.Thread):
    """Sends on while workers die; remembers what was acknowledged."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self._tenant = tenant

    def run(self) -> None:
        """Send everything, each request once."""
        for request in range(REQUESTS):
            numbers = range(request * EVENTS_PER_REQUEST, (request + 1) * EVENTS_PER_REQUEST)
            self._tenant.send(*(an_event(number) for number in numbers))
            self.acknowledged += [f"{number:016x}" for number in numbers]


def test_workers_that_are_killed_lose_nothing_and_count_nothing_twice(
    cluster: Cluster, scaled: Installation, tenant: Tenant
) -> None:
    """langfuse#10533, litellm#34887: what was acknowledged is there once, and its money is booked once."""
    sender = Sender(tenant)
    sender.start()
    for life in range(3):
        # Batches of three requests, so that there are many moments to die in.
        victim = cluster.process("work", LYNEX_WORK_BATCH_ENTRIES="3", LYNEX_WORK_LINGER_MS="0")
        try:
            victim.says("work.started")
            stored = len(tenant.rows())
            eventually(lambda: len(tenant.rows()) > stored or is_all_done(sender, tenant))  # noqa: B023  # at once
        finally:
            assert victim.end(signal.SIGKILL) == -signal.SIGKILL, f"worker {life} ended by itself"
    sender.join()

    last = cluster.process("work")
    try:
        tenant.see(REQUESTS * EVENTS_PER_REQUEST)
        eventually(lambda: tenant.get("/v1/status")["queue"]["entries"], lambda entries: entries == 0)
        assert tenant.span_ids() == Counter(sender.acknowledged)
        assert eventually(lambda: ledger_equals_spans(scaled, tenant))  # booked right after
        assert tenant.get("/v1/metrics/summary")["calls"] == len(sender.acknowledged)
    finally:
        assert last.end(signal.SIGTERM) == 0


def is_all_done(sender: Sender, tenant: Tenant) -> bool:
    """Whether a quick worker has left nothing to die in the middle of."""
    return not sender.is_alive() and tenant.get("/v1/status")["queue"]["entries"] == 0


def test_an_engine_that_is_away_is_told_and_nothing_is_lost(
    cluster: Cluster, running_redis: RedisServer, scaled: Installation, worker: Process, tenant: Tenant
) -> None:
    tenant.send(an_event(1))
    tenant.see(1)

    running_redis.stop()
    answer = tenant.ask("POST", "/v1/events", json=an_event(2))
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0
    ready = HTTP.get(f"{tenant.url}/readyz")
    assert (ready.status_code, ready.json()["checks"]["columnar"]) == (503, "ok")
    assert ready.json()["checks"]["queue"] != "ok"
    running_redis.start()

    eventually(lambda: HTTP.get(f"{tenant.url}/readyz").status_code == 200)
    tenant.send(an_event(2))
    tenant.see(2)
    assert set(tenant.span_ids().values()) == {1}


def test_a_process_starts_with_every_other_beside_it(cluster: Cluster, scaled: Installation) -> None:
    """Migrations and the first key are safe with several processes at once."""
    others = [cluster.process("serve") for _ in range(2)]
    try:
        for other in others:
            other.url()
            assert "lx_" not in other.stdout, "a second first key"
    finally:
        assert [other.end(signal.SIGTERM) for other in others] == [0, 0]
