/** The demo's alerts: one incident that is open, one that is over, and what would have fired. */
import type { AlertRuleDetail, AlertRuleWish, Channel, ChannelWish, Delivery, Digest, DigestWish, IncidentDetail, Mute, MuteWish, RulePreview, Silence, SilenceWish, TimelineEntry } from "@/api/alert-types";

import { notFound, nothing, ok, problem, type Answer } from "../answer.ts";
import type { ControlRequest } from "./request.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const BY = "ada@acme.example";

export class AlertDesk {
  private rules: AlertRuleDetail[];
  private incidents: IncidentDetail[];
  private silences: Silence[] = [];
  private mutes: Mute[] = [];
  private channels: Channel[];
  private digests: Digest[] = [];
  private readonly log = new Map<string, Delivery[]>();
  private count = 0;

  constructor(private readonly now: number) {
    this.rules = [this.ruleOf("alr_errors", errorsRule(), [{ group: "gpt-4.1", group_name: "gpt-4.1", phase: "firing", since: this.ago(18), value: 7.4, incident_id: "ali_open" }, { group: "o3", group_name: "o3", phase: "ok", since: this.ago(4_000), value: 0.4, incident_id: null }])];
    this.incidents = [this.incident("ali_open", 18, null), this.incident("ali_past", 2_900, 2_861)];
    this.channels = [
      this.channelOf("alc_slack", { name: "#ai-costs", enabled: true, target: { kind: "slack_webhook", url: "https://hooks.slack.com/x", new_signing_secret: false }, match: [], min_severity: "info", templates: { title: "", text: "" } }),
      { ...this.channelOf("alc_pager", { name: "Pager", enabled: true, target: { kind: "pagerduty", routing_key: "x", api_url: "https://events.pagerduty.com" }, match: null, min_severity: "critical", templates: { title: "", text: "" } }), failing_since: this.ago(55), last_error: "status 403: invalid routing key" },
    ];
  }

  answer({ method, path, query, body }: ControlRequest, isEmpty: boolean): Answer | null {
    const [, , area, kind, id, action] = path.split("/");
    if (area !== "alerts") return null;
    if (isEmpty && method === "GET" && id === undefined) return ok({ items: [], next_cursor: null });
    if (kind === "rules") return this.answerRules(method, id, body);
    if (kind === "incidents") return this.answerIncidents(id, action, query, body);
    if (kind === "silences") return this.answerSilences(method, id, body);
    if (kind === "mutes") return this.answerMutes(method, id, body);
    if (kind === "channels") return this.answerChannels(method, id, action, body);
    if (kind === "digests") return this.answerDigests(method, id, action, body);
    return templates(body);
  }

  private answerRules(method: string, id: string | undefined, body: Record<string, unknown>): Answer {
    const wish = body as unknown as AlertRuleWish;
    if (id === "preview") return ok(this.preview(wish));
    if (id === undefined && method === "GET") return ok({ items: this.rules });
    const found = this.rules.find((rule) => rule.id === id);
    if (id !== undefined && found === undefined) return notFound("alert rule");
    if (method === "GET") return ok(found);
    if (method === "DELETE") {
      this.rules = this.rules.filter((rule) => rule !== found);
      return nothing();
    }
    const made = this.ruleOf(found?.id ?? this.id("alr"), wish, found?.groups ?? []);
    this.rules = [...this.rules.filter((rule) => rule !== found), made];
    return ok(made, found === undefined ? 201 : 200);
  }

  private answerIncidents(id: string | undefined, action: string | undefined, query: URLSearchParams, body: Record<string, unknown>): Answer {
    const phase = query.get("phase");
    if (id === undefined) return ok({ items: this.incidents.filter((each) => phase === null || each.phase === phase), next_cursor: null });
    const found = this.incidents.find((each) => each.id === id);
    if (found === undefined) return notFound("incident");
    const at = new Date().toISOString();
    const add = (kind: TimelineEntry["kind"], text: string, over: Partial<IncidentDetail> = {}) => Object.assign(found, over, { timeline: [...found.timeline, { at, kind, by: BY, text }] });
    if (action === "acknowledge") return ok(add("acknowledged", "", { phase: "acknowledged", acknowledged_at: at, acknowledged_by: BY }));
    if (action === "comments") return ok(add("commented", String(body.text)), 201);
    if (action === "resolve") return ok(add("resolved", String(body.text), { phase: "resolved", resolved_at: at, resolved_by: BY }));
    return ok(found);
  }

  private answerSilences(method: string, id: string | undefined, body: Record<string, unknown>): Answer {
    if (method === "GET") return ok({ items: this.silences });
    if (method === "DELETE") {
      this.silences = this.silences.filter((silence) => silence.id !== id);
      return nothing();
    }
    const { matchers, minutes, reason } = body as unknown as SilenceWish;
    const at = new Date().toISOString();
    const made: Silence = { id: this.id("als"), matchers, starts_at: at, until: new Date(Date.now() + Number(minutes) * MINUTE_MS).toISOString(), holds: true, reason, created_by: BY, created_at: at };
    this.silences = [made, ...this.silences];
    return ok(made, 201);
  }

  private answerMutes(method: string, id: string | undefined, body: Record<string, unknown>): Answer {
    if (method === "GET") return ok({ items: this.mutes });
    const others = this.mutes.filter((mute) => mute.id !== id);
    const made: Mute = { ...(body as unknown as MuteWish), id: id ?? this.id("alm"), open: false, created_at: new Date().toISOString() };
    this.mutes = method === "DELETE" ? others : [...others, made];
    return method === "DELETE" ? nothing() : ok(made, id === undefined ? 201 : 200);
  }

  private answerChannels(method: string, id: string | undefined, action: string | undefined, body: Record<string, unknown>): Answer {
    if (id === undefined && method === "GET") return ok({ items: this.channels });
    const found = this.channels.find((channel) => channel.id === id);
    if (id !== undefined && found === undefined) return notFound("channel");
    if (action === "deliveries") return ok({ items: this.log.get(id ?? "") ?? [], next_cursor: null });
    if (action === "test" && found !== undefined) return ok({ items: [this.delivered(found)], next_cursor: null });
    const others = this.channels.filter((channel) => channel !== found);
    if (method === "DELETE") {
      this.channels = others;
      return nothing();
    }
    const wish = body as unknown as ChannelWish;
    const made = this.channelOf(found?.id ?? this.id("alc"), wish);
    this.channels = [...others, made];
    return ok({ ...made, signing_secret: made.kind === "webhook" && found === undefined ? "9f2c61d0b7a84e35" : null }, found === undefined ? 201 : 200);
  }

  private delivered(channel: Channel): Delivery {
    const isFailing = channel.failing_since !== null;
    const at = new Date().toISOString();
    const made: Delivery = { id: this.id("ald"), reason: "test", incident_id: null, target: "", phase: isFailing ? "dead" : "sent", attempts: 1, next_attempt_at: null, created_at: at, finished_at: at, status: isFailing ? 403 : 200, excerpt: isFailing ? "invalid routing key" : "ok" };
    this.log.set(channel.id, [made, ...(this.log.get(channel.id) ?? [])]);
    return made;
  }

  private answerDigests(method: string, id: string | undefined, action: string | undefined, body: Record<string, unknown>): Answer {
    if (id === undefined && method === "GET") return ok({ items: this.digests });
    if (action === "preview") return ok({ title: "Acme Support spent $41.20 last week, 12 % more than before", text: "gpt-4.1            $18.02\nclaude-sonnet-4-5  $15.77\ngpt-4.1-mini        $7.41", html: "" });
    const others = this.digests.filter((digest) => digest.id !== id);
    const made: Digest = { ...(body as unknown as DigestWish), id: id ?? this.id("adg"), latest_due_at: this.ago(2_000), created_at: new Date().toISOString() };
    this.digests = method === "DELETE" ? others : [...others, made];
    return method === "DELETE" ? nothing() : ok(made, id === undefined ? 201 : 200);
  }

  private ruleOf(id: string, wish: AlertRuleWish, groups: AlertRuleDetail["groups"]): AlertRuleDetail {
    return { ...wish, id, describes: describeRule(wish), created_at: this.ago(40_000), updated_at: new Date().toISOString(), evaluated_at: this.ago(0.3), failing_since: null, error: "", skipped_from: null, skipped_to: null, groups_left_out: false, groups };
  }

  private channelOf(id: string, wish: ChannelWish): Channel {
    const { target, match = null, ...rest } = wish;
    const settings: Channel["settings"] = target.kind === "email" ? { to: target.to } : "api_url" in target ? { api_url: target.api_url } : { host: "hooks.slack.com" };
    return { ...rest, id, kind: target.kind, settings, match, failing_since: null, last_error: "", last_delivered_at: this.ago(18), created_at: this.ago(40_000), updated_at: this.ago(40_000) };
  }

  private incident(id: string, minutes: number, overAgo: number | null): IncidentDetail {
    const timeline: TimelineEntry[] = [
      { at: this.ago(minutes), kind: "opened", by: "", text: "7.4 % is above 5 %" },
      { at: this.ago(minutes - 0.1), kind: "delivered", by: "", text: "#ai-costs" },
      ...(overAgo === null ? [] : [{ at: this.ago(overAgo), kind: "resolved" as const, by: "", text: "0.9 %" }]),
    ];
    return {
      id, phase: overAgo === null ? "open" : "resolved", rule_id: "alr_errors", rule: "Errors in production", group: "gpt-4.1", group_name: "gpt-4.1", severity: "critical", labels: { team: "support", model: "gpt-4.1" },
      summary: "The error rate of gpt-4.1 within 5 minutes is 7.4 %, above 5 %", note: "Look at the provider's status page first.", value: 7.4, opened_at: this.ago(minutes), noticed_at: this.ago(minutes), notified_at: this.ago(minutes - 0.1), held_by: "",
      acknowledged_at: null, acknowledged_by: "", resolved_at: overAgo === null ? null : this.ago(overAgo), resolved_by: "", timeline,
    };
  }

  /** The higher the limit, the rarer; the seventh of every firing is of another model. */
  private preview(wish: AlertRuleWish): RulePreview {
    const isOfCalls = !wish.metric.startsWith("queue_") && wish.metric !== "budget_percent";
    const times = isOfCalls ? Math.max(0, Math.round(60 / Math.max(1, wish.condition.limit ?? 3.5))) : 0;
    const firings = Array.from({ length: times }, (_, index) => ({ group: wish.group_by === "" ? "" : index % 7 === 0 ? "o3" : "gpt-4.1", at: this.ago(200 + index * 1_950 + (index % 3) * 700), until: this.ago(180 + index * 1_950), value: 6.1 + index, summary: `${wish.name === "" ? "It" : wish.name}: ${(6.1 + index).toFixed(1)}` }));
    return {
      describes: describeRule(wish), start: new Date(this.now - 30 * DAY_MS).toISOString(), end: new Date(this.now).toISOString(), evaluated_every_s: 300, times, firings, groups_left_out: false,
      impossible: isOfCalls ? "" : "What the queue and budgets were in the past is not kept, so that cannot be tried.",
    };
  }

  private id(prefix: string): string {
    this.count += 1;
    return `${prefix}_made_${this.count}`;
  }

  private readonly ago = (minutes: number) => new Date(this.now - minutes * MINUTE_MS).toISOString();
}

function describeRule(wish: AlertRuleWish): string {
  const { kind, limit } = wish.condition;
  const when = kind === "no_data" ? "there are no spans" : kind === "anomaly" ? "it is unusual for this hour of the week" : kind === "change" ? `it changes by more than ${limit ?? ""} %` : `it is ${kind} ${limit ?? ""}`;
  return `Alarms by ${wish.metric.replaceAll("_", " ")} within ${wish.window} when ${when}${wish.group_by === "" ? "" : `, for each ${wish.group_by}`}; ${wish.once_per === "none" ? "every time" : `at most once per ${wish.once_per}`}`;
}

function errorsRule(): AlertRuleWish {
  return {
    name: "Errors in production", enabled: true, metric: "error_rate_percent", percentile: 95, condition: { kind: "above", limit: 5, direction: "up", compared_with: "window" },
    filters: { environment: ["production"], provider: [], model: [], route: [], service: [], tag: [], kind: [], status: [], release: [], error_type: [], prompt_name: [] }, group_by: "model", max_groups: 20, window: "5m", for_s: 120, recover_s: 300, once_per: "hour", min_calls: 20,
    severity: "critical", labels: { team: "support" }, inhibits: [], channel_ids: ["alc_slack"], budget_id: "", organisation_budgets: false, note: "Look at the provider's status page first.",
  };
}

function templates(body: Record<string, unknown>): Answer {
  const placeholders: Record<string, string> = { severity: "critical", rule: "Errors in production", summary: "The error rate is 7.4 %", url: "https://lynex.example.org/alerts" };
  const fill = (text: unknown) => String(text ?? "").replaceAll(/\{(\w+)\}/g, (whole, name: string) => placeholders[name] ?? whole);
  const unknown = /\{(\w+)\}/g.exec(`${String(body.title)}${String(body.text)}`.replaceAll(/\{(severity|rule|summary|url)\}/g, ""))?.[1];
  if (unknown !== undefined) return problem(422, "invalid_input", `templates: there is no placeholder {${unknown}}`, "templates");
  return ok({ title: fill(body.title), text: fill(body.text), placeholders });
}
