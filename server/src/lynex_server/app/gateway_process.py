"""`lynex gateway` without a further word: calls answered by a process of their own."""

from rich.text import Text

from lynex_server.app import gateway_system, logs, serving
from lynex_server.app.output import say
from lynex_server.app.settings import AppSettings


def run_gateway() -> None:
    """Answer calls until SIGINT or SIGTERM."""
    settings = AppSettings()
    logs.configure_logs(settings.log_format)
    with serving.listen(settings.host, settings.gateway_port, "LYNEX_GATEWAY_PORT") as listener:
        url = settings.local_url(listener.getsockname()[1])
        hello = Text.assemble(("The gateway is running", "bold green"), f" at {url}/v1")
        system = gateway_system.open_gateway_system(settings)
        serving.serve_gateway(system, listener, lambda _port: say(hello))
