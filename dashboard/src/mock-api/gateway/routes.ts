/** The demo's routes: a shared one with fallbacks, a guarded one, and one of the configuration file. */
import type { GatewayRoute, GatewayRouteWish } from "@/api/gateway-types";

import { notFound, nothing, ok, problem, type Answer } from "../answer.ts";
import { at } from "../people/household.ts";

export class RouteShelf {
  items: GatewayRoute[] = demoRoutes();
  private count = 0;

  answer(method: string, id: string | undefined, body: Record<string, unknown>): Answer {
    const wish = body as unknown as GatewayRouteWish;
    if (id === undefined) return method === "GET" ? ok({ items: this.items }) : this.put(null, wish);
    const found = this.items.find((each) => each.id === id);
    if (found === undefined) return notFound("route");
    if (method === "GET") return ok(found);
    if (found.managed_by === "file") return problem(409, "conflict", "This route belongs to the configuration file.");
    if (method === "PUT") return this.put(found, wish);
    this.items = this.items.filter((each) => each !== found);
    return nothing();
  }

  leadingTo(provider: string): string[] {
    return this.items.filter((route) => [...route.targets, route.downgrade].some((target) => target?.provider === provider)).map((route) => route.name);
  }

  private put(before: GatewayRoute | null, wish: GatewayRouteWish): Answer {
    if (this.items.some((each) => each.name === wish.name && each !== before)) return problem(409, "conflict", `There is a route ${wish.name} already.`);
    const bad = wish.guardrails.blocked_input.find((pattern) => pattern.includes("(?=") || pattern.includes("(?!"));
    if (bad !== undefined) return problem(422, "invalid_input", `blocked_input: ${bad}: look-around is not part of RE2`, "blocked_input");
    this.count += 1;
    const made = { ...wish, downgrade: wish.downgrade ?? null, guardrails: { ...wish.guardrails, webhook: wish.guardrails.webhook ?? null }, id: before?.id ?? `gwr_made_${this.count}`, managed_by: "api" as const, created_at: before?.created_at ?? at(0), updated_at: at(0) };
    this.items = before === null ? [...this.items, made] : this.items.map((each) => (each === before ? made : each));
    return ok(made, before === null ? 201 : 200);
  }
}

function demoRoutes(): GatewayRoute[] {
  const route = (name: string, over: Partial<GatewayRoute>): GatewayRoute => ({
    id: `gwr_${name}`, name, targets: [], retries: 1, timeout_s: 0, sticky: "none", downgrade: null, downgrade_at_percent: 90, when_client_leaves: "cancel", drain_s: 30,
    cache: { mode: "off", ttl_s: 3600, embedding_model: "", similarity: 0.97 },
    guardrails: { redact: false, blocked_input: [], blocked_output: [], max_input_chars: 0, max_output_chars: 0, allowed_tools: null, output_schema: null, repair: false, webhook: null },
    enabled: true, managed_by: "api", created_at: at(-40), updated_at: at(-1), ...over,
  });
  const plain = route("", {});
  return [
    route("fast", {
      targets: [{ provider: "openai", model: "gpt-4.1-mini", weight: 8 }, { provider: "anthropic", model: "claude-haiku-4-5", weight: 2 }, { provider: "ollama", model: "llama3.2", weight: 0 }],
      timeout_s: 10, sticky: "session", downgrade: { provider: "ollama", model: "llama3.2" }, cache: { ...plain.cache, mode: "exact" },
    }),
    route("internal", { targets: [{ provider: "ollama", model: "", weight: 1 }], managed_by: "file", retries: 0 }),
    route("support", {
      targets: [{ provider: "anthropic", model: "claude-sonnet-4-5", weight: 1 }, { provider: "openai", model: "gpt-4.1", weight: 0 }], when_client_leaves: "drain",
      guardrails: { ...plain.guardrails, redact: true, max_input_chars: 200_000, blocked_input: ["(?i)ignore (all|previous) instructions"], allowed_tools: ["lookup_*", "refund_order"] },
    }),
  ];
}
