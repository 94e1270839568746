"""A URL chooses the blob store."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from lynex_server.engines.blob.folder import FolderBlob
from lynex_server.engines.blob.place import S3Place
from lynex_server.engines.blob.protocol import Blob


def open_blob(url: str) -> Blob:
    """Open `file:///folder` (taken literally) or `s3://key:secret@bucket/prefix?endpoint=…&region=…`.

    Key and secret may be left out: then the standard AWS sources give them. Raises `ValueError` for another
    URL.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "file" and rest.startswith("/"):
        return FolderBlob(Path(rest))
    if scheme == "s3":
        from lynex_server.engines.blob.s3 import S3Blob  # noqa: PLC0415  # boto3 is large: only on demand

        return S3Blob(s3_place(url))
    raise ValueError(f"blob URL must begin with file:/// or s3://, not {scheme}")


def s3_place(url: str) -> S3Place:
    """The parts of an `s3://` URL. Raises `ValueError` for an unknown option or a missing bucket."""
    parts = urlsplit(url)
    options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    unknown = options.keys() - {"endpoint", "region"}
    bucket = parts.netloc.rpartition("@")[2]
    if unknown or not bucket:
        raise ValueError("blob URL must look like s3://bucket/prefix?endpoint=…&region=…")
    return S3Place(
        bucket=bucket,
        prefix=parts.path.strip("/"),
        endpoint=options.get("endpoint", [None])[0],
        region=options.get("region", [None])[0],
        access_key=unquote(parts.username) if parts.username else None,
        secret_key=unquote(parts.password) if parts.password else None,
    )
