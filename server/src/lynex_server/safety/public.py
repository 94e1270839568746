"""The door of `safety`: accounting for changes, secrets at rest, requests to the outside.

vault = Vault(database, MasterKeys(read_master_keys), clock)
audit = AuditLog(database, clock, vault)
with database.begin() as connection:
    secret_id = vault.put(connection, organisation_id, "openai", "sk-…")
    audit.record(connection, actor, "provider.added", organisation_id=organisation_id, target=provider_id)
response = await OutgoingClient(SafetySettings()).request("POST", url, content=body)
"""

from lynex_server.safety.abandon import abandon_unreadable
from lynex_server.safety.actor import Actor
from lynex_server.safety.addresses import Address
from lynex_server.safety.addresses import is_allowed as is_allowed_address
from lynex_server.safety.audit import INSTALLATION, AuditLog
from lynex_server.safety.audit_entry import AuditEntry
from lynex_server.safety.audit_export import AuditExporter
from lynex_server.safety.audit_rows import AuditFilters
from lynex_server.safety.audit_verify import verify, verify_all
from lynex_server.safety.outgoing import OutgoingClient, OutgoingResponse
from lynex_server.safety.pinned import OutgoingRefused
from lynex_server.safety.rotation import Reseal, RotationStep, rotate
from lynex_server.safety.sealing import (
    MasterKey,
    MasterKeys,
    Unreadable,
    fixed_master_key,
    master_key_of,
)
from lynex_server.safety.settings import SafetySettings
from lynex_server.safety.vault import Vault

__all__ = [
    "INSTALLATION",
    "Actor",
    "Address",
    "AuditEntry",
    "AuditExporter",
    "AuditFilters",
    "AuditLog",
    "MasterKey",
    "MasterKeys",
    "OutgoingClient",
    "OutgoingRefused",
    "OutgoingResponse",
    "Reseal",
    "RotationStep",
    "SafetySettings",
    "Unreadable",
    "Vault",
    "abandon_unreadable",
    "fixed_master_key",
    "is_allowed_address",
    "master_key_of",
    "rotate",
    "verify",
    "verify_all",
]
