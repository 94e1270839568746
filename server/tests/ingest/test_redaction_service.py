"""How soon a change reaches other processes, and who wins when two change at once. On both databases."""

import pytest
from clocks import FixedClock

from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import COMMAND_LINE
from lynex_server.ingest.public import IngestSettings, Redaction, RedactionSettings, default_settings
from lynex_server.ingest.redaction.service import MAX_AGE_US
from lynex_server.kernel.errors import PreconditionFailed
from lynex_server.kernel.ids import OrganisationId, ProjectId
from lynex_server.safety.public import AuditLog

PROJECT, ORGANISATION = ProjectId("acme"), OrganisationId("org")
CARDS = RedactionSettings(detectors=["cards"])
TEXT = "a@b.co 4111111111111111"


def a_process(database: Database, clock: FixedClock) -> Redaction:
    """What one process holds."""
    return Redaction(database, default_settings(IngestSettings()), clock, AuditLog(database, clock))


def test_another_process_follows_within_a_second(database: Database) -> None:
    clock = FixedClock()
    one, other = a_process(database, clock), a_process(database, clock)
    assert other.redactor(PROJECT).redact_text(TEXT) == "[redacted:email] [redacted:card]"

    one.change(PROJECT, ORGANISATION, CARDS, None, COMMAND_LINE)
    clock.advance_us(MAX_AGE_US + 1)

    assert MAX_AGE_US < 1_000_000
    assert other.remembered(PROJECT) is None
    assert other.redactor(PROJECT).redact_text(TEXT) == "a@b.co [redacted:card]"


def test_what_has_not_changed_is_not_compiled_again(database: Database) -> None:
    clock = FixedClock()
    process = a_process(database, clock)
    process.change(PROJECT, ORGANISATION, CARDS, None, COMMAND_LINE)
    redactor = process.redactor(PROJECT)
    clock.advance_us(MAX_AGE_US + 1)

    assert process.redactor(PROJECT) is redactor


def test_projects_without_settings_share_one_redactor(database: Database) -> None:
    process = a_process(database, FixedClock())

    assert process.redactor(PROJECT) is process.redactor(ProjectId("other"))


def test_of_two_who_read_the_same_the_second_is_refused(database: Database) -> None:
    clock = FixedClock()
    one, other = a_process(database, clock), a_process(database, clock)
    version = one.read(PROJECT).version

    one.change(PROJECT, ORGANISATION, CARDS, version, COMMAND_LINE)
    with pytest.raises(PreconditionFailed, match="version 1"):
        other.change(PROJECT, ORGANISATION, CARDS, version, COMMAND_LINE)

    assert other.read(PROJECT).version == 1
