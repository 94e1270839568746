"""Slack, Microsoft Teams, Discord.

Sources: Slack "Sending messages using incoming webhooks", "chat.postMessage" and "Block Kit" (a header has
150 characters, a section 3,000); Teams "Create incoming webhooks with Workflows" and Adaptive Cards 1.4;
Discord "Execute Webhook" (title of an embed 256 characters, description 4,096).
"""

from lynex_server.alerts.model import Severity
from lynex_server.alerts.outputs.request import Request, Telling, cut, json_request, setting

_COLOURS: dict[Severity, str] = {"info": "2563eb", "warning": "d97706", "critical": "dc2626"}
_RESOLVED = "16a34a"
_TEAMS_COLOURS: dict[Severity, str] = {"info": "Accent", "warning": "Warning", "critical": "Attention"}


def slack_webhook(telling: Telling) -> Request:
    """To an incoming webhook."""
    return json_request(telling.secrets["url"], _slack_body(telling))


def slack_bot(telling: Telling) -> Request:
    """To a channel, with a bot's token."""
    body = {**_slack_body(telling), "channel": setting(telling.channel, "slack_channel")}
    headers = {"authorization": f"Bearer {telling.secrets['token']}"}
    return json_request(f"{setting(telling.channel, 'api_url')}/chat.postMessage", body, headers)


def teams(telling: Telling) -> Request:
    """To a workflow of Teams, as an adaptive card."""
    content = telling.content
    colour = "Default"
    if content is not None:
        colour = "Good" if content.reason == "resolved" else _TEAMS_COLOURS[content.severity]
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": telling.title, "weight": "Bolder", "size": "Medium", "wrap": True}
            | {"color": colour},
            {"type": "TextBlock", "text": telling.text, "wrap": True},
        ],
    }
    if content is not None and content.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open incident", "url": content.url}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return json_request(telling.secrets["url"], {"type": "message", "attachments": [attachment]})


def discord(telling: Telling) -> Request:
    """To a webhook of Discord, as an embed that mentions nobody."""
    embed: dict[str, object] = {
        "title": cut(telling.title, 256),
        "description": cut(telling.text, 4_096),
        "color": int(_colour(telling), 16),
    }
    if telling.content is not None and telling.content.url:
        embed["url"] = telling.content.url
    body = {"embeds": [embed], "allowed_mentions": {"parse": []}}
    return json_request(telling.secrets["url"], body)


def _slack_body(telling: Telling) -> dict[str, object]:
    content = telling.content
    text = _for_slack(telling.text)
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(telling.title, 150)}},
    ]
    if content is None:
        # A digest is a table: its columns stand below each other in a fixed width only.
        blocks += [_section(f"```{cut(text, 2_900)}```")]
    else:
        blocks += [_section(cut(text, 2_900))] if text else []
        facts = f"*{content.severity}* · {_for_slack(content.project)} · {content.opened_at}"
        blocks += [{"type": "context", "elements": [{"type": "mrkdwn", "text": facts}]}]
        if content.url:
            label = {"type": "plain_text", "text": "Open incident"}
            blocks += [
                {"type": "actions", "elements": [{"type": "button", "text": label, "url": content.url}]}
            ]
    # `text` is what notifications and screen readers show.
    return {"text": cut(_for_slack(telling.title), 300), "blocks": blocks}


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _for_slack(text: str) -> str:
    """Slack reads these three as markup: without this a label could mention a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _colour(telling: Telling) -> str:
    content = telling.content
    if content is None:
        return _COLOURS["info"]
    return _RESOLVED if content.reason == "resolved" else _COLOURS[content.severity]
