"""How every route is asked for the things of an organisation, and what whoever is not of it must get.

A new route is added to `QUESTIONS`: the tests of `test_routes.py` and `test_isolation.py` then ask it.
"""

from typing import Any, NamedTuple

from app.real_lynex import an_event

Operation = tuple[str, str]


class Question(NamedTuple):
    """How a route is asked for a project's things: names in braces are those of the project."""

    parameters: dict[str, Any] = {}  # noqa: RUF012  # read alone
    body: Any = None
    strange: int = 200
    """What a stranger is answered: 404 where a thing is named, else the stranger's own (empty) list."""
    strange_key: int | None = None
    """The same for a stranger's API key, where that differs: 401 on routes that need a person."""
    called: dict[str, str] = {}  # noqa: RUF012  # read alone
    """Names in braces that are called otherwise among those of the project."""
    owned: int | None = None
    """What the owner is answered, where it is no success: the state of the thing does not allow it."""


_OTLP_SPAN = {
    "traceId": "{trace_id}",
    "spanId": "00000000000000bb",
    "name": "chat",
    "startTimeUnixNano": "{now_ns}",
    "endTimeUnixNano": "{now_ns}",
    "attributes": [{"key": "project_id", "value": {"stringValue": "{project_id}"}}],
}
_OTLP_RESOURCE = {
    "attributes": [{"key": "openinference.project.name", "value": {"stringValue": "{project_id}"}}]
}
_OTLP_TRACES = {"resourceSpans": [{"resource": _OTLP_RESOURCE, "scopeSpans": [{"spans": [_OTLP_SPAN]}]}]}
_OTLP_LOG = {
    "timeUnixNano": "{now_ns}",
    "traceId": "{trace_id}",
    "spanId": "00000000000000cc",
    "eventName": "gen_ai.client.inference.operation.details",
    "attributes": [{"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}}],
}
_OTLP_LOGS = {"resourceLogs": [{"resource": _OTLP_RESOURCE, "scopeLogs": [{"logRecords": [_OTLP_LOG]}]}]}
_OTLP_POINT = {"timeUnixNano": "{now_ns}", "asInt": "812"}
_OTLP_METRIC = {
    "name": "claude_code.token.usage",
    "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [_OTLP_POINT]},
}
_OTLP_METRICS = {
    "resourceMetrics": [{"resource": _OTLP_RESOURCE, "scopeMetrics": [{"metrics": [_OTLP_METRIC]}]}]
}

_PROVIDER = {
    "name": "Acme",
    "issuer": "https://login.example.org",
    "client_id": "lynex",
    "client_secret": "a secret of the provider",
    "email_domains": ["example.org"],
    "role_claim": "groups",
    "role_mapping": {"platform": "admin"},
    "default_role": "viewer",
}

_PRICE = {"model": "gpt-4o", "terms": {"kind": "flat", "usd_per_million_tokens": "2"}}

_BUDGET = {"name": "Mine", "limit": 5}
_RULE = {"name": "Mine", "metric": "calls", "condition": {"kind": "above", "limit": 5}, "enabled": False}
_CHANNEL = {"name": "Mine", "target": {"kind": "email", "to": ["mine@example.org"]}}
_MUTE = {"name": "Mine", "windows": [{"days": ["mon"], "start": "22:00", "end": "06:00"}]}
_DIGEST = {"name": "Mine", "enabled": False}
_UPSTREAM = {"name": "{new_name}", "kind": "ollama"}
_NAMED_ROUTE = {"name": "mine", "targets": [{"provider": "{upstream}"}]}
_DRILL = {"reason": "drill", "dry_run": True}

QUESTIONS: dict[Operation, Question] = {
    ("GET", "/v1/me"): Question(),
    ("GET", "/v1/status"): Question(),
    ("POST", "/v1/events"): Question(body=an_event(9, trace_id="{trace_id}"), strange=207),
    ("POST", "/v1/traces"): Question(body=_OTLP_TRACES),
    ("POST", "/api/public/otel"): Question(body=_OTLP_TRACES),
    ("POST", "/api/public/otel/v1/traces"): Question(body=_OTLP_TRACES),
    ("POST", "/v1/logs"): Question(body=_OTLP_LOGS),
    ("POST", "/v1/metrics"): Question(body=_OTLP_METRICS),
    ("GET", "/v1/dead-letters"): Question(),
    ("GET", "/v1/dead-letters/{letter_id}"): Question(strange=404),
    ("POST", "/v1/dead-letters/{letter_id}/replay"): Question(strange=404),
    ("POST", "/v1/dead-letters/replay-all"): Question(),
    ("DELETE", "/v1/dead-letters/{letter_id}"): Question(strange=404),
    ("GET", "/v1/spans"): Question({"trace_id": "{trace_id}"}),
    ("GET", "/v1/spans/{trace_id}/{span_id}"): Question(strange=404),
    ("GET", "/v1/traces"): Question({"session_id": "{session_id}"}),
    ("GET", "/v1/traces/{trace_id}"): Question(strange=404),
    ("GET", "/v1/sessions"): Question(),
    ("GET", "/v1/metrics/summary"): Question({"compare": "true"}),
    ("GET", "/v1/metrics/series"): Question({"group_by": "model"}),
    ("GET", "/v1/metrics/breakdown"): Question({"by": "end_user"}),
    ("GET", "/v1/metrics/cost-by-model"): Question(),
    ("GET", "/v1/metrics/latency-pctl"): Question(),
    ("GET", "/v1/facets"): Question(),
    ("GET", "/v1/gateway/summary"): Question(),
    ("GET", "/v1/export"): Question({"format": "ndjson"}),
    ("GET", "/v1/live"): Question(),
    ("GET", "/v1/redaction"): Question(),
    ("PUT", "/v1/redaction"): Question(body={"detectors": ["secrets"]}),
    ("POST", "/v1/redaction/try"): Question(body={"sample": {"input": "a@example.org"}}),
    ("GET", "/v1/redaction/rules"): Question(),
    ("GET", "/v1/organisations"): Question(strange_key=401),
    ("POST", "/v1/organisations"): Question(body={"name": "Mine"}, strange=201, strange_key=401),
    ("GET", "/v1/organisations/{organisation_id}"): Question(strange=404),
    ("PATCH", "/v1/organisations/{organisation_id}"): Question(body={"name": "Mine"}, strange=404),
    ("DELETE", "/v1/organisations/{organisation_id}"): Question(strange=404, owned=409),
    ("GET", "/v1/projects"): Question(),
    ("POST", "/v1/organisations/{organisation_id}/projects"): Question(body={"name": "Mine"}, strange=404),
    ("GET", "/v1/projects/{project_id}"): Question(strange=404),
    ("PATCH", "/v1/projects/{project_id}"): Question(body={"name": "Mine"}, strange=404),
    ("DELETE", "/v1/projects/{project_id}"): Question(strange=404),
    ("POST", "/v1/projects/{project_id}/restore"): Question(strange=404, owned=409),
    ("GET", "/v1/limits"): Question(),
    ("PUT", "/v1/projects/{project_id}/limits"): Question(body={"max_body_bytes": 9_000_000}, strange=404),
    ("GET", "/v1/keys/{key_id}/limits"): Question(strange=404),
    ("PUT", "/v1/keys/{key_id}/limits"): Question(body={"max_body_bytes": 9_000_000}, strange=404),
    ("GET", "/v1/projects/{project_id}/environments"): Question(strange=404),
    ("POST", "/v1/projects/{project_id}/environments"): Question(body={"name": "mine"}, strange=404),
    ("DELETE", "/v1/projects/{project_id}/environments/{name}"): Question(strange=404),
    ("GET", "/v1/organisations/{organisation_id}/members"): Question(strange=404),
    ("GET", "/v1/projects/{project_id}/members"): Question(strange=404),
    ("PATCH", "/v1/organisations/{organisation_id}/members/{user_id}"): Question(
        body={"role": "viewer"}, strange=404
    ),
    ("DELETE", "/v1/organisations/{organisation_id}/members/{user_id}"): Question(strange=404),
    ("PATCH", "/v1/projects/{project_id}/members/{user_id}"): Question(
        body={"role": "member"}, strange=404, called={"user_id": "guest_id"}
    ),
    ("DELETE", "/v1/projects/{project_id}/members/{user_id}"): Question(
        strange=404, called={"user_id": "guest_id"}
    ),
    ("POST", "/v1/organisations/{organisation_id}/leave"): Question(strange=404, owned=409),
    ("POST", "/v1/projects/{project_id}/leave"): Question(strange=404),
    ("POST", "/v1/organisations/{organisation_id}/transfer-ownership"): Question(
        body={"user_id": "{user_id}"}, strange=404
    ),
    ("GET", "/v1/organisations/{organisation_id}/invitations"): Question(strange=404),
    ("POST", "/v1/organisations/{organisation_id}/invitations"): Question(
        body={"email": "mallory@example.org", "role": "owner"}, strange=404
    ),
    ("DELETE", "/v1/organisations/{organisation_id}/invitations/{invitation_id}"): Question(strange=404),
    ("GET", "/v1/projects/{project_id}/invitations"): Question(strange=404),
    ("POST", "/v1/projects/{project_id}/invitations"): Question(
        body={"email": "mallory@example.org", "role": "owner"}, strange=404
    ),
    ("DELETE", "/v1/projects/{project_id}/invitations/{invitation_id}"): Question(
        strange=404, called={"invitation_id": "project_invitation_id"}
    ),
    ("POST", "/v1/invitations/accept"): Question(
        body={"token": "{token}"}, strange=403, strange_key=401, owned=403
    ),
    ("GET", "/v1/keys"): Question(),
    ("POST", "/v1/keys"): Question(body={"name": "mine", "scopes": ["ingest"]}, strange=201),
    ("GET", "/v1/keys/{key_id}"): Question(strange=404),
    ("PATCH", "/v1/keys/{key_id}"): Question(body={"name": "mine"}, strange=404),
    ("DELETE", "/v1/keys/{key_id}"): Question(strange=404),
    ("POST", "/v1/keys/{key_id}/rotate"): Question(body={"overlap_s": 0}, strange=404),
    ("GET", "/v1/auth/csrf"): Question(strange_key=401),
    ("GET", "/v1/auth/cli/{user_code}"): Question(strange=404, strange_key=401, owned=404),
    ("POST", "/v1/auth/cli/confirm"): Question(
        body={"user_code": "BCDF-GHJK"}, strange=404, strange_key=401, owned=404
    ),
    ("GET", "/v1/me/sessions"): Question(strange_key=401),
    ("DELETE", "/v1/me/sessions"): Question(strange_key=401),
    ("DELETE", "/v1/me/sessions/{session_id}"): Question(strange=404, strange_key=401, owned=404),
    ("GET", "/v1/me/password"): Question(strange_key=401),
    ("PUT", "/v1/me/password"): Question(body={"new_password": "weak"}, strange=400, strange_key=401),
    ("DELETE", "/v1/me"): Question(body={"password": "wrong"}, strange=409, strange_key=401),
    ("GET", "/v1/organisations/{organisation_id}/sso"): Question(strange=404),
    ("POST", "/v1/organisations/{organisation_id}/sso"): Question(body=_PROVIDER, strange=404),
    ("GET", "/v1/organisations/{organisation_id}/sso/{provider_id}"): Question(strange=404),
    ("PUT", "/v1/organisations/{organisation_id}/sso/{provider_id}"): Question(body=_PROVIDER, strange=404),
    ("DELETE", "/v1/organisations/{organisation_id}/sso/{provider_id}"): Question(strange=404),
    ("DELETE", "/v1/end-users/{end_user_id:path}"): Question(strange=202),
    ("GET", "/v1/end-users/{end_user_id:path}/export"): Question(),
    ("GET", "/v1/projects/{project_id}/export"): Question(strange=404),
    ("GET", "/v1/erasures"): Question(),
    ("GET", "/v1/erasures/{erasure_id}"): Question(strange=404),
    ("GET", "/v1/organisations/{organisation_id}/audit"): Question(strange=404),
    ("GET", "/v1/prices"): Question({"query": "gpt-4o"}),
    ("POST", "/v1/prices/calculate"): Question(body={"model": "gpt-4o", "usage": {"input_tokens": 1}}),
    ("GET", "/v1/prices/unpriced"): Question(),
    ("POST", "/v1/prices/unpriced/price"): Question(body={**_PRICE, "model": "m"}, strange=201),
    ("GET", "/v1/prices/overrides"): Question({"removed": "true"}),
    ("POST", "/v1/prices/overrides"): Question(body=_PRICE, strange=201),
    ("GET", "/v1/prices/overrides/{override_id}"): Question(strange=404),
    ("PUT", "/v1/prices/overrides/{override_id}"): Question(body=_PRICE, strange=404),
    ("DELETE", "/v1/prices/overrides/{override_id}"): Question(strange=404),
    ("GET", "/v1/organisations/{organisation_id}/prices/overrides"): Question(strange=404),
    ("POST", "/v1/organisations/{organisation_id}/prices/overrides"): Question(body=_PRICE, strange=404),
    ("PUT", "/v1/organisations/{organisation_id}/prices/overrides/{override_id}"): Question(
        body=_PRICE, strange=404, called={"override_id": "shared_override_id"}
    ),
    ("DELETE", "/v1/organisations/{organisation_id}/prices/overrides/{override_id}"): Question(
        strange=404, called={"override_id": "shared_override_id"}
    ),
    ("POST", "/v1/prices/reprice"): Question(
        body={"from": "2026-01-05T00:00:00Z", "dry_run": True, "wait_s": 0}, strange=202
    ),
    ("GET", "/v1/prices/reprice"): Question(),
    ("GET", "/v1/prices/reprice/{repricing_id}"): Question(strange=404),
    ("POST", "/v1/prices/reprice/{repricing_id}/cancel"): Question(strange=404),
    ("GET", "/v1/prices/history"): Question({"trace_id": "{trace_id}", "span_id": "{span_id}"}),
    ("POST", "/v1/prices/reports"): Question(
        body={"name": "mine", "content": "usage_date_utc,model,cost_usd\n2026-01-05,m,1\n"}, strange=201
    ),
    ("GET", "/v1/prices/reports"): Question(),
    ("DELETE", "/v1/prices/reports/{report_id}"): Question(strange=404),
    ("GET", "/v1/prices/reconciliation"): Question(
        {"provider": "openai", "from": "2026-01-01", "to": "2026-01-31"}
    ),
    ("GET", "/v1/prices/sources/differences"): Question(),
    ("POST", "/v1/prices/sources/differences"): Question(),
    ("GET", "/v1/organisations/{organisation_id}/audit/export"): Question(strange=404),
    ("GET", "/v1/budgets"): Question(),
    ("POST", "/v1/budgets"): Question(body=_BUDGET, strange=201),
    ("POST", "/v1/budgets/describe"): Question(body=_BUDGET),
    ("GET", "/v1/budgets/{budget_id}"): Question(strange=404),
    ("PUT", "/v1/budgets/{budget_id}"): Question(body=_BUDGET, strange=404),
    ("DELETE", "/v1/budgets/{budget_id}"): Question(strange=404),
    ("POST", "/v1/budgets/{budget_id}/override"): Question(body={"minutes": 5, "reason": "x"}, strange=404),
    ("DELETE", "/v1/budgets/{budget_id}/override"): Question(strange=404),
    ("GET", "/v1/budgets/{budget_id}/history"): Question(strange=404),
    ("GET", "/v1/budgets/{budget_id}/forecast"): Question(strange=404),
    ("POST", "/v1/reservations"): Question(body={"cost_usd": 0.01}, strange=201),
    ("POST", "/v1/reservations/{reservation_id}/settle"): Question(body={"cost_usd": 0.01}, strange=404),
    ("DELETE", "/v1/reservations/{reservation_id}"): Question(strange=404),
    ("GET", "/v1/kill-switch"): Question(),
    ("POST", "/v1/kill-switch/preview"): Question(body={}),
    ("POST", "/v1/kill-switch/trigger"): Question(body=_DRILL, strange=201),
    ("POST", "/v1/kill-switch/{switch_id}/release"): Question(strange=404),
    ("GET", "/v1/kill-switch/{switch_id}/would-block"): Question(strange=404),
    ("GET", "/v1/kill-switch/hooks"): Question(),
    ("POST", "/v1/kill-switch/hooks"): Question(body={"name": "Mine"}, strange=201),
    ("DELETE", "/v1/kill-switch/hooks/{hook_id}"): Question(strange=404),
    ("GET", "/v1/control/enforcement"): Question(),
    ("PUT", "/v1/control/enforcement"): Question(body={"mode": "warn"}),
    ("GET", "/v1/control/state"): Question(),
    ("GET", "/v1/control/stream"): Question(),
    ("GET", "/v1/alerts/rules"): Question(),
    ("POST", "/v1/alerts/rules"): Question(body=_RULE, strange=201),
    ("POST", "/v1/alerts/rules/preview"): Question(body=_RULE),
    ("GET", "/v1/alerts/rules/{rule_id}"): Question(strange=404),
    ("PUT", "/v1/alerts/rules/{rule_id}"): Question(body=_RULE, strange=404),
    ("DELETE", "/v1/alerts/rules/{rule_id}"): Question(strange=404),
    ("GET", "/v1/alerts/incidents"): Question(),
    ("GET", "/v1/alerts/incidents/{incident_id}"): Question(strange=404),
    ("POST", "/v1/alerts/incidents/{incident_id}/acknowledge"): Question(strange=404),
    ("POST", "/v1/alerts/incidents/{incident_id}/resolve"): Question(body={"text": "x"}, strange=404),
    ("POST", "/v1/alerts/incidents/{incident_id}/comments"): Question(body={"text": "x"}, strange=404),
    ("GET", "/v1/alerts/silences"): Question({"every": "true"}),
    ("POST", "/v1/alerts/silences"): Question(body={"reason": "x", "minutes": 5}, strange=201),
    ("DELETE", "/v1/alerts/silences/{silence_id}"): Question(strange=404),
    ("GET", "/v1/alerts/mutes"): Question(),
    ("POST", "/v1/alerts/mutes"): Question(body=_MUTE, strange=201),
    ("PUT", "/v1/alerts/mutes/{mute_id}"): Question(body=_MUTE, strange=404),
    ("DELETE", "/v1/alerts/mutes/{mute_id}"): Question(strange=404),
    ("GET", "/v1/alerts/channels"): Question(),
    ("POST", "/v1/alerts/channels"): Question(body=_CHANNEL, strange=201),
    ("GET", "/v1/alerts/channels/{channel_id}"): Question(strange=404),
    ("PUT", "/v1/alerts/channels/{channel_id}"): Question(body=_CHANNEL, strange=404),
    ("DELETE", "/v1/alerts/channels/{channel_id}"): Question(strange=404),
    ("POST", "/v1/alerts/channels/{channel_id}/test"): Question(strange=404),
    ("GET", "/v1/alerts/channels/{channel_id}/deliveries"): Question(strange=404),
    ("POST", "/v1/alerts/templates/preview"): Question(body={"title": "{rule}"}),
    ("GET", "/v1/alerts/digests"): Question(),
    ("POST", "/v1/alerts/digests"): Question(body=_DIGEST, strange=201),
    ("GET", "/v1/alerts/digests/{digest_id}/preview"): Question(strange=404),
    ("PUT", "/v1/alerts/digests/{digest_id}"): Question(body=_DIGEST, strange=404),
    ("DELETE", "/v1/alerts/digests/{digest_id}"): Question(strange=404),
    ("GET", "/v1/gateway/providers"): Question(),
    ("POST", "/v1/gateway/providers"): Question(body=_UPSTREAM, strange=201),
    ("GET", "/v1/gateway/providers/{provider_id}"): Question(
        strange=404, called={"provider_id": "upstream_id"}
    ),
    ("PUT", "/v1/gateway/providers/{provider_id}"): Question(
        body={**_UPSTREAM, "name": "{upstream}"}, strange=404, called={"provider_id": "upstream_id"}
    ),
    ("DELETE", "/v1/gateway/providers/{provider_id}"): Question(
        strange=404, called={"provider_id": "idle_upstream_id"}
    ),
    ("POST", "/v1/gateway/providers/{provider_id}/test"): Question(
        strange=404, called={"provider_id": "upstream_id"}
    ),
    ("POST", "/v1/gateway/providers/{provider_id}/keys"): Question(
        body={"name": "mine", "api_key": "sk-mine"}, strange=404, called={"provider_id": "upstream_id"}
    ),
    ("PUT", "/v1/gateway/providers/{provider_id}/keys/{key_id}"): Question(
        body={"name": "mine", "weight": 2, "enabled": False},
        strange=404,
        called={"provider_id": "upstream_id", "key_id": "upstream_key_id"},
    ),
    ("DELETE", "/v1/gateway/providers/{provider_id}/keys/{key_id}"): Question(
        strange=404, called={"provider_id": "upstream_id", "key_id": "upstream_key_id"}
    ),
    ("GET", "/v1/gateway/routes"): Question(),
    ("POST", "/v1/gateway/routes"): Question(
        body={"name": "mine", "targets": [{"provider": "mine"}]}, strange=400
    ),
    ("GET", "/v1/gateway/routes/{route_id}"): Question(strange=404),
    ("PUT", "/v1/gateway/routes/{route_id}"): Question(body=_NAMED_ROUTE, strange=404),
    ("DELETE", "/v1/gateway/routes/{route_id}"): Question(strange=404),
    ("GET", "/v1/gateway/settings"): Question(),
    ("PUT", "/v1/gateway/settings"): Question(body={"capture": "none"}),
    ("GET", "/v1/gateway/models"): Question(),
}
STREAMS = {("GET", "/v1/live"), ("GET", "/v1/control/stream")}
OWN_ACCOUNT = {("DELETE", "/v1/me"), ("DELETE", "/v1/me/sessions")}
"""What only one's own session can be spent on."""
OTLP = {
    ("POST", path)
    for path in ("/v1/traces", "/v1/logs", "/v1/metrics", "/api/public/otel", "/api/public/otel/v1/traces")
}
"""These answer errors as OpenTelemetry says, in the encoding of the request."""


def filled(template: Any, names: dict[str, str]) -> Any:
    """The template with every name in braces replaced."""
    if isinstance(template, str):
        for name, value in names.items():
            template = template.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
        return template
    if isinstance(template, dict):
        return {key: filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, names) for value in template]
    return template
