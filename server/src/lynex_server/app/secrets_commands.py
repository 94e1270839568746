"""`lynex secrets`: put other secrets in the place of those in use."""

from typing import Annotated

import typer

from lynex_server.app.lazily import lazily
from lynex_server.app.output import say
from lynex_server.kernel.errors import InvalidInput
from lynex_server.kernel.ids import ProjectId

with lazily():
    from lynex_server.app import master_key as keys
    from lynex_server.app import safety_services as opening
    from lynex_server.identity import public as people
    from lynex_server.safety import public as safety

secrets = typer.Typer(help="Secrets at rest.", no_args_is_help=True)


@secrets.command("rotate")
def rotate_secrets(
    sessions: Annotated[bool, typer.Option("--sessions", help="End every session.")] = False,
    ingest: Annotated[
        bool, typer.Option("--ingest", help="Give each ingest key of a project a successor, shown once.")
    ] = False,
    project: Annotated[str, typer.Option(help="With --ingest: the project's id.")] = "default",
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=720, help="With --ingest: how long the old keys work on.")
    ] = 24,
) -> None:
    """Put a new master key in place and seal everything anew. With an option: only what it names.

    May be broken off at any point and run again. Running processes go on; where LYNEX_MASTER_KEY is set, give
    all of them the next key as LYNEX_MASTER_KEY_NEW first.
    """
    with opening.safety_services() as services:
        if sessions:
            _end_sessions(services)
        if ingest:
            _rotate_ingest_keys(services, ProjectId(project), overlap_hours * 3600)
        if not (sessions or ingest):
            _rotate_master_key(services)


@secrets.command()
def abandon(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give up what is sealed under a master key that is lost, so that Lynex can be used again.

    Changes nothing while every key opens. Secrets of providers, webhooks and sign-on servers must be entered
    again; API keys work on, except for signing.
    """
    if not yes:
        typer.confirm("Secrets that do not open with the present master key are deleted. Go on?", abort=True)
    with opening.safety_services() as services, services.database.begin() as connection:
        master_key = keys.open_master_keys(services.settings).current()
        gone = safety.abandon_unreadable(services.database, connection, services.vault, master_key)
        services.audit.record(
            connection,
            people.COMMAND_LINE,
            "secrets.abandoned",
            organisation_id=safety.INSTALLATION,
            after={"number_given_up": gone.secrets, "chains_unsealed": gone.chains},
        )
    say(f"{gone.secrets} secrets are given up.")


def _rotate_master_key(services: "opening.SafetyServices") -> None:
    settings = services.settings
    next_key = keys.next_master_key(settings)
    sealed = 0
    for step in safety.rotate(
        services.database, services.vault, next_key, services.clock, [people.SealedKeys()]
    ):
        sealed += step.rows if step.name == "reseal" else 0
    with services.database.begin() as connection:
        services.audit.record(
            connection,
            people.COMMAND_LINE,
            "master_key.rotated",
            organisation_id=safety.INSTALLATION,
            target=next_key.id,
            after={"sealed_anew": sealed},
        )
    keys.take_next_master_key(settings)
    say(f"{sealed} secrets are sealed anew, under master key {next_key.id}.")
    if settings.master_key is not None:
        say(
            "Now let LYNEX_MASTER_KEY be what LYNEX_MASTER_KEY_NEW is, everywhere, and take the latter away.",
        )


def _end_sessions(services: "opening.SafetyServices") -> None:
    with services.database.begin() as connection:
        ended = people.end_every_session(connection, services.clock.now_us())
        services.audit.record(
            connection,
            people.COMMAND_LINE,
            "sessions.ended",
            organisation_id=safety.INSTALLATION,
            after={"sessions": ended},
        )
    say(f"{ended} sessions are ended.")


def _rotate_ingest_keys(services: "opening.SafetyServices", project_id: ProjectId, overlap_s: int) -> None:
    identity = people.Identity(services.database, services.vault, services.clock)
    now_us = services.clock.now_us()
    working = [
        key
        for key in identity.list_keys(project_id)
        if "ingest" in key.scopes
        and key.revoked_at_us is None
        and key.replaced_by is None
        and (key.expires_at_us is None or key.expires_at_us > now_us)
    ]
    if not working:
        raise InvalidInput(f"Project {project_id} has no key that may ingest.", field="project")
    say("The new keys, shown this once:")
    for key in working:
        made = identity.keys.rotate(people.COMMAND_LINE, project_id, key.id, overlap_s)
        say(f"{key.name} ({key.id}): {made.secret}")
