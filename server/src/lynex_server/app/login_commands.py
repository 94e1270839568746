"""`lynex login`, `lynex logout`, `lynex whoami`: a person on the command line of any machine."""

import getpass
import platform
import time
from typing import Annotated

import typer

from lynex_server.app.api_client import Answer, ApiClient
from lynex_server.app.login_store import Login, LoginStore
from lynex_server.app.output import say
from lynex_server.kernel.errors import Busy, Unauthorized

Url = Annotated[str, typer.Option(envvar="LYNEX_URL", help="Where Lynex listens.")]
DEFAULT_URL = "http://127.0.0.1:8000"


def login(
    url: Url = DEFAULT_URL,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for address and password here, without a browser.")
    ] = False,
) -> None:
    """Sign in as a person. The session is kept for you alone, in your configuration folder."""
    client = ApiClient(url, user_agent())
    signed_in = _by_password(client) if password else _by_browser(client)
    email = str(signed_in["user"]["email"])
    file = LoginStore().save(Login(client.url, email, str(signed_in["token"])))
    say(f"Signed in to {client.url} as {email}; the session is in {file}")


def logout() -> None:
    """Sign out: the session ends, and is forgotten here."""
    store = LoginStore()
    held = store.load()
    if held is None:
        say("Nobody is signed in here.")
        return
    try:
        ApiClient(held.url, user_agent(), held.token).ask("POST", "/v1/auth/sign-out")
    finally:
        store.forget()
    say(f"Signed out of {held.url}")


def whoami() -> None:
    """Show who is signed in here, and in which organisations and projects."""
    held = LoginStore().load()
    if held is None:
        raise Unauthorized("nobody is signed in here: lynex login")
    me = ApiClient(held.url, user_agent(), held.token).ask("GET", "/v1/me")
    say(f"{me['user']['email']} at {held.url}")
    for kind in ("organisations", "projects"):
        for each in me[kind]:
            role = each["role"] or "in a project of it"
            say(f"  {kind[:-1]} {each['id']} ({each['name']}): {role}")


def user_agent() -> str:
    """How this program calls itself, so that a person recognises it among his sessions."""
    return f"lynex on {platform.node() or 'an unnamed machine'} ({platform.system()})"


def _by_password(client: ApiClient) -> Answer:
    email = typer.prompt("E-mail address")
    given = {"email": email, "password": getpass.getpass("Password: "), "kind": "cli"}
    return client.ask("POST", "/v1/auth/password", given)


def _by_browser(client: ApiClient) -> Answer:
    begun = client.ask("POST", "/v1/auth/cli")
    say(f"\n  Open      {begun['url']}\n  Code      {begun['user_code']}\n")
    say("Waiting until you confirm there that this is your code…")
    end_s = time.monotonic() + float(begun["expires_in_s"])
    while time.monotonic() < end_s:
        answer = client.ask("POST", "/v1/auth/cli/token", {"device_code": begun["device_code"]})
        if not answer["waiting"]:
            signed_in: Answer = answer["signed_in"]
            return signed_in
        time.sleep(float(begun["ask_every_s"]))
    raise Busy("nobody confirmed the code in time: try again")
