/** The demo's kill switch: nothing is stopped at first; what was stopped before is told. */
import type { CallScope, KillHook, KillSwitch, WouldBlock } from "@/api/control-types";

import { isCall } from "../metrics.ts";
import type { Span } from "../world.ts";
import { notFound, nothing, ok, problem, type Answer } from "../answer.ts";
import { DEMO_PROJECT } from "../people/household.ts";
import { describeStop, shownScope } from "./describe.ts";
import type { ControlRequest } from "./request.ts";

const MINUTE_MS = 60_000;

export class KillDesk {
  private stops: KillSwitch[];
  private hooks: KillHook[];
  private count = 0;

  constructor(now: number) {
    this.stops = [stopOf("kil_past", {}, ["/health"], "runaway agent in triage", false, now - 3 * 86_400_000, 30)].map((stop) => ({ ...stop, active: false, released_at: new Date(now - 3 * 86_400_000 + 11 * MINUTE_MS).toISOString(), released_by: "ada@acme.example" }));
    this.hooks = [{ id: "hok_slack", name: "Slack /stop-ai", scope: shownScope({ environment: "production" }, DEMO_PROJECT), allow_routes: ["/health"], minutes: 60, signed: false, created_by: "ada@acme.example", created_at: new Date(now - 20 * 86_400_000).toISOString(), last_used_at: null }];
  }

  answer(request: ControlRequest, spans: () => readonly Span[], isEmpty: boolean): Answer | null {
    const { method, path, query, body } = request;
    if (!path.startsWith("/v1/kill-switch")) return null;
    const [, , , id, part] = path.split("/");
    if (id === undefined) return ok({ items: isEmpty ? [] : this.stops.filter((stop) => query.get("active") !== "true" || isActive(stop)).map((stop) => ({ ...stop, active: isActive(stop) })) });
    if (id === "preview") {
      const scope = shownScope(body.scope as CallScope, DEMO_PROJECT);
      const routes = (body.allow_routes ?? []) as string[];
      return ok({ describes: describeStop(scope, routes, false), would_block: blockedOf(spans(), { scope, allow_routes: routes }, Date.now() - Number(body.minutes) * MINUTE_MS) });
    }
    if (id === "trigger") {
      this.count += 1;
      const made = stopOf(`kil_made_${this.count}`, body.scope as CallScope, (body.allow_routes ?? []) as string[], String(body.reason), body.dry_run === true, Date.now(), (body.minutes ?? null) as number | null);
      this.stops = [made, ...this.stops];
      return ok(made, 201);
    }
    if (id === "hooks") return this.answerHooks(method, part, body, isEmpty);
    const found = this.stops.find((stop) => stop.id === id);
    if (found === undefined) return notFound("kill switch");
    if (part === "would-block") return ok(blockedOf(spans(), found, Date.parse(found.triggered_at) - 30 * MINUTE_MS));
    if (!isActive(found)) return problem(409, "conflict", "This kill switch does not hold any more.");
    const released = { ...found, active: false, released_at: new Date().toISOString(), released_by: "ada@acme.example" };
    this.stops = this.stops.map((stop) => (stop === found ? released : stop));
    return ok(released);
  }

  private answerHooks(method: string, id: string | undefined, body: Record<string, unknown>, isEmpty: boolean): Answer {
    if (method === "GET") return ok({ items: isEmpty ? [] : this.hooks });
    if (method === "DELETE") {
      this.hooks = this.hooks.filter((hook) => hook.id !== id);
      return nothing();
    }
    this.count += 1;
    const hook: KillHook = {
      id: `hok_made_${this.count}`, name: String(body.name), scope: shownScope(body.scope as CallScope, DEMO_PROJECT), allow_routes: (body.allow_routes ?? []) as string[], minutes: (body.minutes ?? null) as number | null,
      signed: body.signed === true, created_by: "ada@acme.example", created_at: new Date().toISOString(), last_used_at: null,
    };
    this.hooks = [...this.hooks, hook];
    return ok({ hook, path: "/v1/kill-switch/hooks/lxk_8Qd1sV0yR3nB7mT2wZ5c", hmac_secret: hook.signed ? "b1f6c0a94e7d4b0f8e2a" : null }, 201);
  }
}

const isActive = (stop: KillSwitch) => stop.released_at === null && (stop.until === null || Date.parse(stop.until) > Date.now());

function stopOf(id: string, scope: Partial<CallScope>, allow_routes: string[], reason: string, dry_run: boolean, atMs: number, minutes: number | null): KillSwitch {
  const shown = shownScope(scope, DEMO_PROJECT);
  return {
    id, describes: describeStop(shown, allow_routes, dry_run), scope: shown, allow_routes, reason, dry_run, active: true, triggered_by: "ada@acme.example",
    triggered_at: new Date(atMs).toISOString(), until: minutes === null ? null : new Date(atMs + minutes * MINUTE_MS).toISOString(), released_at: null, released_by: "",
  };
}

const fits = (pattern: string, text: string) => new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(text);

function blockedOf(spans: readonly Span[], { scope, allow_routes }: Pick<KillSwitch, "scope" | "allow_routes">, sinceMs: number): WouldBlock {
  const meant = spans.filter(
    (span) =>
      isCall(span) && Date.parse(span.start_time) >= sinceMs && !allow_routes.some((pattern) => fits(pattern, span.route)) &&
      (scope.environment === "" || span.environment === scope.environment) && (scope.model === "" || fits(scope.model, span.model)) && (scope.route === "" || fits(scope.route, span.route)) &&
      (scope.end_user === "" || span.end_user_id === scope.end_user) && (scope.session === "" || span.session_id === scope.session) && (scope.tag === "" || span.tags.includes(scope.tag)),
  );
  const models = [...new Set(meant.map((span) => span.model))].map((model) => {
    const calls = meant.filter((span) => span.model === model);
    return { model, calls: calls.length, cost_nanousd: calls.reduce((sum, span) => sum + (span.cost_nanousd ?? 0), 0), unpriced_calls: calls.filter((span) => span.cost_nanousd === null).length };
  });
  return { calls: meant.length, cost_nanousd: models.reduce((sum, each) => sum + each.cost_nanousd, 0), unpriced_calls: models.reduce((sum, each) => sum + each.unpriced_calls, 0), since: new Date(sinceMs).toISOString(), until: new Date().toISOString(), models: models.sort((a, b) => b.calls - a.calls) };
}
