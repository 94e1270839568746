"""Blobs in an S3 bucket, Amazon's or a compatible one's."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lynex_server.engines.blob.keys import check_key, is_key
from lynex_server.engines.blob.place import S3Place
from lynex_server.kernel.errors import Busy, NotFound

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
MAX_ATTEMPTS = 3
MAX_CONNECTIONS = 32


class S3Blob:
    """See `protocol.Blob` for the promises. The bucket must exist."""

    def __init__(self, place: S3Place) -> None:
        """Use the bucket at `place`; connects at the first call."""
        self._bucket = place.bucket
        self._prefix = f"{place.prefix}/" if place.prefix else ""
        self._s3 = boto3.client(
            "s3",
            endpoint_url=place.endpoint,
            region_name=place.region,
            aws_access_key_id=place.access_key,
            aws_secret_access_key=place.secret_key,
            config=Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
                max_pool_connections=MAX_CONNECTIONS,
                # A compatible server rarely has a host name per bucket, and may not know the newer checksums.
                s3={"addressing_style": "path" if place.endpoint else "auto"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, key: str, body: bytes) -> None:
        """As promised by the protocol."""
        check_key(key)
        with _translated(key):
            self._s3.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=body)

    def get(self, key: str) -> bytes:
        """As promised by the protocol."""
        check_key(key)
        with _translated(key):
            body: bytes = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"].read()
            return body

    def delete(self, key: str) -> None:
        """As promised by the protocol."""
        check_key(key)
        with _translated(key):
            self._s3.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """As promised by the protocol."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with _translated(prefix):
            for page in pages:
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self._prefix)
                    if is_key(key):
                        yield key

    def close(self) -> None:
        """As promised by the protocol."""
        self._s3.close()


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """S3's errors as the protocol's."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code == "NoSuchKey":
            raise NotFound(f"no stored object {key!r}") from error
        raise Busy(f"the S3 bucket refused: {error}") from error
    except BotoCoreError as error:
        raise Busy(f"the S3 bucket does not answer: {error}") from error
