/** What of the gateway is configured: providers, routes, settings, and the names that callers may give. */
import type { CallableName, GatewaySettings, GatewaySettingsWish } from "@/api/gateway-types";

import { ok, type Answer } from "../answer.ts";
import type { ControlRequest } from "../control/request.ts";
import { ProviderShelf } from "./providers.ts";
import { RouteShelf } from "./routes.ts";

export class GatewayDesk {
  private readonly providers = new ProviderShelf();
  private readonly routes = new RouteShelf();
  private settings: GatewaySettings = {
    capture: "full", rates: [{ per: "user", match: "*", requests_per_minute: 60, tokens_per_minute: 0 }, { per: "model", match: "o3*", requests_per_minute: 0, tokens_per_minute: 200_000 }],
    allowed_models: { key_shop1: ["fast", "support"] }, when_client_leaves: "cancel", drain_s: 30, managed_by: "api", config_error: "",
  };

  /** Null for what is no business of these pages. `isEmpty`: a project where nothing was made yet. */
  answer({ method, path, body }: ControlRequest, isEmpty: boolean): Answer | null {
    const [, , area, what, ...parts] = path.split("/");
    if (area !== "gateway" || what === "summary") return null;
    if (method === "GET" && isEmpty && what !== "settings") return ok({ items: [] });
    if (what === "providers") return this.providers.answer(method, parts, body, (name) => this.routes.leadingTo(name));
    if (what === "routes") return this.routes.answer(method, parts[0], body);
    if (what === "models") return ok({ items: this.names() });
    if (what !== "settings") return null;
    if (method === "PUT") this.settings = { ...this.settings, ...(body as unknown as GatewaySettingsWish) };
    return ok(isEmpty ? { ...this.settings, rates: [], allowed_models: {} } : this.settings);
  }

  private names(): CallableName[] {
    const routes = this.routes.items.filter((route) => route.enabled).map((route) => ({ id: route.name, kind: "route" as const, provider: "" }));
    const patterns = this.providers.items.filter((provider) => provider.enabled).flatMap((provider) => provider.models.map((model) => ({ id: `${provider.name}/${model}`, kind: "pattern" as const, provider: provider.name })));
    return [...routes, ...patterns];
  }

  /** Where a name leads: the first target of a route, or the provider before the slash. Null for nobody's. */
  leadOf(name: string): { provider: string; model: string; isCached: boolean } | null {
    const route = this.routes.items.find((each) => each.name === name);
    const [target] = route?.targets ?? [];
    if (route !== undefined && target !== undefined) return { provider: target.provider, model: target.model || name, isCached: route.cache.mode !== "off" };
    const [provider = "", model] = name.split(/\/(.*)/s);
    return model !== undefined && this.providers.items.some((each) => each.name === provider) ? { provider, model, isCached: false } : null;
  }
}
