"""Every kind of channel that is told by HTTP, and what its answers mean."""

from collections.abc import Callable, Mapping

import msgspec

from lynex_server.alerts.model import ChannelKind
from lynex_server.alerts.outputs import chats, pagers
from lynex_server.alerts.outputs.request import Request, Telling
from lynex_server.alerts.outputs.webhook import webhook
from lynex_server.safety.public import OutgoingResponse

Output = Callable[[Telling], Request]

OUTPUTS: Mapping[ChannelKind, Output] = {
    "webhook": webhook,
    "slack_webhook": chats.slack_webhook,
    "slack_bot": chats.slack_bot,
    "teams": chats.teams,
    "discord": chats.discord,
    "pagerduty": pagers.pagerduty,
    "opsgenie": pagers.opsgenie,
    "alertmanager": pagers.alertmanager,
}
TAKES_DIGESTS: frozenset[ChannelKind] = frozenset({"email", "slack_webhook", "slack_bot"})


def fault_in(kind: ChannelKind, response: OutgoingResponse) -> str:
    """Why an answer is no success; empty when it is one. Slack's API says so in the body of a 200."""
    if not 200 <= response.status < 300:
        return f"it answered {response.status}"
    if kind != "slack_bot":
        return ""
    try:
        said = msgspec.json.decode(response.body)
    except msgspec.DecodeError:
        return "it answered something else than JSON"
    if isinstance(said, dict) and said.get("ok") is True:
        return ""
    error = said.get("error") if isinstance(said, dict) else None
    return f"it answered {error or 'without ok'}"
