"""What the redaction routes take and give."""

from datetime import datetime

from pydantic import Field

from lynex_server.ingest.redaction.rules import RedactionSettings
from lynex_server.ingest.redaction.trying import Sample
from lynex_server.kernel.wire import Wire


class RedactionState(Wire):
    """A project's redaction settings."""

    settings: RedactionSettings
    version: int = Field(description="Counts the changes; the `ETag`. 0: as the installation has it.")
    updated_at: datetime | None = Field(description="When they were last changed.")


class TryRedaction(Wire):
    """A sample, and the settings to try on it; without settings, those in force."""

    settings: RedactionSettings | None = None
    sample: Sample
