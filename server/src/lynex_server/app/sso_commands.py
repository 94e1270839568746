"""`lynex sso`: what only whoever runs Lynex may say of single sign-on."""

from typing import Annotated

import typer
from rich.console import Console

from lynex_server.app.master_key import open_master_keys
from lynex_server.app.settings import AppSettings
from lynex_server.engines.relational.database import open_database
from lynex_server.engines.relational.migrate import migrate
from lynex_server.identity.public import COMMAND_LINE, SsoProviders
from lynex_server.kernel.clock import SystemClock
from lynex_server.safety.public import AuditLog, Vault

out = Console()
sso = typer.Typer(help="Single sign-on.", no_args_is_help=True)


@sso.command("confirm-domain")
def confirm_domain(
    domain: Annotated[str, typer.Argument(help="Of e-mail addresses, such as acme.com.")],
    organisation: Annotated[str, typer.Option(help="Id of the organisation whose domain it is.")],
) -> None:
    """Let an organisation's providers vouch for the addresses of a domain."""
    settings, clock = AppSettings(), SystemClock()
    database = open_database(settings.engine_urls().relational)
    try:
        migrate(database)
        vault = Vault(database, open_master_keys(settings), clock)
        providers = SsoProviders(database, clock, AuditLog(database, clock, vault), vault)
        providers.confirm_domain(COMMAND_LINE, organisation, domain)
    finally:
        database.close()
    out.print(f"{domain} is {organisation}'s", highlight=False)
