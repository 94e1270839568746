"""Every contract test runs once per store; S3 is a real server."""

from pathlib import Path
from urllib.parse import quote

import pytest
from servers import S3_BUCKET, S3_KEY, S3_SECRET

from lynex_server.engines.blob.opening import open_blob
from lynex_server.engines.blob.protocol import Blob
from lynex_server.kernel.ids import new_id


def s3_url(endpoint: str, prefix: str) -> str:
    """The URL of `prefix` in the test bucket at `endpoint`."""
    credentials = f"{quote(S3_KEY, safe='')}:{quote(S3_SECRET, safe='')}"
    return f"s3://{credentials}@{S3_BUCKET}/{prefix}?endpoint={endpoint}&region=us-east-1"


@pytest.fixture(params=["folder", "s3"])
def blob_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "folder":
        return f"file://{tmp_path / 'blob'}"
    return s3_url(request.getfixturevalue("s3_endpoint"), new_id("test"))


@pytest.fixture
def blob(blob_url: str) -> Blob:
    """An open, empty store."""
    return open_blob(blob_url)
