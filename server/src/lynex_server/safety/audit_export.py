"""Exports of the audit log that can be checked without Lynex.

The file is NDJSON: the very lines that the hashes of the chain are over, oldest first. Its signature is
Ed25519 (RFC 8032) over the whole file, in a file of its own. The private key is made once and lies in the
vault; the public key may be given to anyone.
"""

import mmap
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, cast

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lynex_server.engines.relational.database import Database
from lynex_server.kernel.clock import Clock
from lynex_server.safety import audit_rows
from lynex_server.safety.audit import INSTALLATION
from lynex_server.safety.audit_entry import line_of
from lynex_server.safety.audit_rows import AuditFilters
from lynex_server.safety.tables import signing_keys
from lynex_server.safety.vault import Vault

NDJSON_NAME, SIGNATURE_NAME, PUBLIC_KEY_NAME = "audit.ndjson", "audit.ndjson.sig", "audit-public-key.pem"

_PURPOSE = "audit export"
_PAGE_ROWS = 2_000
_CHUNK_BYTES = 65_536
_NO_FILTERS = AuditFilters()


@dataclass(frozen=True, slots=True)
class AuditExport:
    """What was written: how many rows, and the signature of the file (64 bytes)."""

    rows: int
    signature: bytes


class AuditExporter:
    """Writes signed exports. Calls block; rows are read in pages and never all held in memory."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def public_key_pem(self) -> str:
        """The public key that checks every export made here. The pair is made when first needed."""
        public_key = self._private_key().public_key()
        return public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()

    def write(
        self, file: IO[bytes], organisation_id: str, filters: AuditFilters = _NO_FILTERS
    ) -> AuditExport:
        """Write the rows that match into an empty real file, open for reading too, and sign it.

        Without filters the lines form the whole chain, so their hashes can be followed as well.
        """
        rows = 0
        for line in self._lines(organisation_id, filters):
            file.write(line)
            rows += 1
        file.flush()
        return AuditExport(rows, self._signature_of(file))

    def archive(self, organisation_id: str, filters: AuditFilters = _NO_FILTERS) -> Iterator[bytes]:
        """The bytes of a ZIP archive with the rows, the signature and the public key."""
        with tempfile.TemporaryFile() as rows, tempfile.TemporaryFile() as packed:
            signature = self.write(rows, organisation_id, filters).signature
            rows.seek(0)
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                with archive.open(NDJSON_NAME, "w", force_zip64=True) as entry:
                    while chunk := rows.read(_CHUNK_BYTES):
                        entry.write(chunk)
                archive.writestr(SIGNATURE_NAME, signature)
                archive.writestr(PUBLIC_KEY_NAME, self.public_key_pem())
            packed.seek(0)
            while chunk := packed.read(_CHUNK_BYTES):
                yield chunk

    def _lines(self, organisation_id: str, filters: AuditFilters) -> Iterator[bytes]:
        after = 0
        while True:
            with self._database.read() as connection:
                rows = audit_rows.rows_after(connection, organisation_id, filters, after, _PAGE_ROWS)
            for row in rows:
                yield line_of(audit_rows.entry_of(row)) + b"\n"
            if len(rows) < _PAGE_ROWS:
                return
            after = rows[-1].sequence

    def _signature_of(self, file: IO[bytes]) -> bytes:
        key = self._private_key()
        if os.fstat(file.fileno()).st_size == 0:
            return key.sign(b"")
        # Ed25519 reads its message twice, so it cannot be fed piece by piece; the mapped file spares memory.
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as message:
            return key.sign(message)

    def _private_key(self) -> Ed25519PrivateKey:
        with self._database.read() as connection:
            secret_id = self._secret_id(connection)
        if secret_id is None:
            secret_id = self._made_key()
        pem = self._vault.read(secret_id).encode()
        return cast(Ed25519PrivateKey, serialization.load_pem_private_key(pem, password=None))

    def _secret_id(self, connection: sa.Connection) -> str | None:
        statement = sa.select(signing_keys.c.secret_id).where(signing_keys.c.purpose == _PURPOSE)
        found: str | None = connection.execute(statement).scalar_one_or_none()
        return found

    def _made_key(self) -> str:
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with self._database.begin() as connection:
            self._database.lock(connection, "lynex audit export key")
            known = self._secret_id(connection)
            if known is not None:
                return known  # another process was quicker
            secret_id = self._vault.put(connection, INSTALLATION, "audit export key", pem.decode())
            connection.execute(
                sa.insert(signing_keys).values(
                    purpose=_PURPOSE, secret_id=secret_id, created_at_us=self._clock.now_us()
                )
            )
            return secret_id
