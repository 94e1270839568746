"""What only the S3 store has to fear: a server that is away, and settings."""

import pytest
from engines.blob.conftest import s3_url
from servers import free_port

from lynex_server.engines.blob.opening import open_blob, s3_place
from lynex_server.engines.blob.place import S3Place
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id


def test_says_busy_when_the_server_is_away():
    blob = open_blob(s3_url(f"http://127.0.0.1:{free_port()}", "away"))

    for call in (lambda: blob.get("key"), lambda: blob.put("key", b""), lambda: list(blob.keys())):
        with pytest.raises(Busy):
            call()


def test_says_busy_rather_than_not_found_when_the_secret_is_wrong(s3_endpoint: str):
    blob = open_blob(s3_url(s3_endpoint, "x").replace("@", "wrong@"))

    with pytest.raises(Busy):
        blob.get("key")


def test_says_busy_rather_than_not_found_when_the_bucket_is_missing(s3_endpoint: str):
    blob = open_blob(s3_url(s3_endpoint, "x").replace("@lynex-test", "@no-such-bucket"))

    with pytest.raises(Busy):
        blob.get("key")


def test_two_prefixes_of_a_bucket_do_not_see_each_other(s3_endpoint: str):
    name = new_id("test")
    one, other = (open_blob(s3_url(s3_endpoint, f"{name}/{prefix}")) for prefix in ("a", "ab"))
    one.put("key", b"one")

    assert list(one.keys()) == ["key"]
    assert list(other.keys()) == []


def test_reads_every_part_of_its_url():
    place = s3_place("s3://KEY:se%2Fcret@bucket/some/prefix/?endpoint=http://127.0.0.1:9&region=eu-west-1")

    assert place == S3Place("bucket", "some/prefix", "http://127.0.0.1:9", "eu-west-1", "KEY", "se/cret")


def test_leaves_what_its_url_does_not_say_to_the_standard_sources():
    assert s3_place("s3://bucket") == S3Place("bucket")


def test_never_shows_its_secret():
    assert "sesame" not in repr(s3_place("s3://key:sesame@bucket"))


@pytest.mark.parametrize(
    "url", ["s3://", "s3:///prefix", "s3://bucket?endpont=x", "gs://bucket", "file://rel"]
)
def test_refuses_a_url_it_does_not_understand(url: str):
    with pytest.raises(ValueError, match="blob URL"):
        open_blob(url)
