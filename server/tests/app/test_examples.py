"""Every example, run as a user would, against a real Lynex: the call is seen with its tokens and its cost."""

import importlib.util
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from app.real_lynex import Tenant, eventually

EXAMPLES = Path(__file__).parents[3] / "examples"


def example_module(name: str) -> ModuleType:
    """A file of `examples/`, which is no package."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


catalog = example_module("catalog")


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    """The model server that comes with the examples."""
    server = example_module("local_model_server").make_server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


WITHOUT_USAGE = {"tell"}
"""Calls of the examples that nobody told what they used."""
FREE = {"ollama"}
"""Providers of the examples whose models have no price."""


@pytest.mark.parametrize("example", catalog.EXAMPLES, ids=lambda example: example.file)
def test_an_example_is_seen_with_tokens_and_cost(example: Any, tenant: Tenant, model_url: str) -> None:
    done = catalog.run_example(example, lynex_url=tenant.url, api_key=tenant.api_key, model_url=model_url)
    assert done.returncode == 0, done.stderr

    rows = tenant.see(len(example.spans))

    assert Counter(row["name"] for row in rows if row["name"]) == Counter(
        name for name in example.spans if name
    )
    calls = [row for row in rows if row["kind"] == "llm"]
    assert calls
    for call in calls:
        if call["name"] not in WITHOUT_USAGE:
            assert call["input_tokens"] > 0
            assert call["output_tokens"] > 0
        assert call["status"] == "ok"
        assert call["duration_ms"] is not None
        if call["provider"] in FREE:
            assert (call["cost_source"], call["cost_nanousd"]) == ("unpriced", None)
        else:
            assert call["cost_source"] in ("priced", "reported")
            assert call["cost_nanousd"] > 0
    summary = eventually(
        lambda: tenant.get("/v1/metrics/summary"), lambda found: found["calls"] == len(calls)
    )
    assert summary["cost_nanousd"] == sum(call["cost_nanousd"] or 0 for call in calls)
    assert tenant.get("/v1/status")["dead_letters"] == 0
    assert {trace["trace_id"] for trace in tenant.get("/v1/traces")["items"]} == {
        row["trace_id"] for row in rows
    }
