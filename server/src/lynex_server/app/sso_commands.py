"""`lynex sso`: what only whoever runs Lynex may say of single sign-on."""

from typing import Annotated

import typer

from lynex_server.app.lazily import lazily
from lynex_server.app.output import say

with lazily():
    from lynex_server.app import safety_services as opening
    from lynex_server.identity import public as people

sso = typer.Typer(help="Single sign-on.", no_args_is_help=True)


@sso.command("confirm-domain")
def confirm_domain(
    domain: Annotated[str, typer.Argument(help="Of e-mail addresses, such as acme.com.")],
    organisation: Annotated[str, typer.Option(help="Id of the organisation whose domain it is.")],
) -> None:
    """Let an organisation's providers vouch for the addresses of a domain."""
    with opening.safety_services() as here:
        providers = people.SsoProviders(here.database, here.clock, here.audit, here.vault)
        providers.confirm_domain(people.COMMAND_LINE, organisation, domain)
    say(f"{domain} is {organisation}'s")
