/** The demo's providers, each with something to show: two keys, one of the file, one that does not answer. */
import type { GatewayProvider, GatewayProviderWish, Probe, ProviderKey } from "@/api/gateway-types";

import { notFound, nothing, ok, problem, type Answer } from "../answer.ts";
import { at } from "../people/household.ts";

const BASE_URLS: Record<GatewayProvider["kind"], string> = {
  openai: "https://api.openai.com/v1", azure_openai: "", anthropic: "https://api.anthropic.com", gemini: "https://generativelanguage.googleapis.com",
  bedrock: "https://bedrock-runtime.us-east-1.amazonaws.com", ollama: "http://127.0.0.1:11434", openai_compatible: "",
};

const PROBES: Record<string, Probe> = {
  anthropic: { ok: true, status: 200, latency_ms: 388.2, message: "", models: ["claude-haiku-4-5", "claude-opus-4-5", "claude-sonnet-4-5"] },
  vllm: { ok: false, status: null, latency_ms: 2.1, message: "The provider cannot be reached: nothing listens at that address.", models: [] },
};

export class ProviderShelf {
  items: GatewayProvider[] = demoProviders();
  private count = 0;

  answer(method: string, parts: readonly string[], body: Record<string, unknown>, usedBy: (name: string) => string[]): Answer {
    const [id, part, keyId] = parts;
    if (id === undefined) return method === "GET" ? ok({ items: this.items }) : this.put(null, body as unknown as GatewayProviderWish);
    const found = this.items.find((each) => each.id === id);
    if (found === undefined) return notFound("provider");
    if (part === "test") return ok(PROBES[found.name] ?? { ok: true, status: 200, latency_ms: 212.4, message: "", models: ["gpt-4.1", "gpt-4.1-mini", "o3", "text-embedding-3-small"] });
    if (method === "GET") return ok(found);
    if (found.managed_by === "file") return problem(409, "conflict", "This provider belongs to the configuration file.");
    if (part === "keys") return this.answerKeys(method, found, keyId, body);
    if (method === "PUT") return this.put(found, body as unknown as GatewayProviderWish);
    const users = usedBy(found.name);
    if (users.length > 0) return problem(409, "conflict", `${found.name} cannot be removed: these routes lead to it: ${users.join(", ")}.`);
    this.items = this.items.filter((each) => each !== found);
    return nothing();
  }

  private put(before: GatewayProvider | null, wish: GatewayProviderWish): Answer {
    if (this.items.some((each) => each.name === wish.name && each !== before)) return problem(409, "conflict", `There is a provider ${wish.name} already.`);
    this.count += 1;
    const { api_key, ...rest } = wish;
    const made: GatewayProvider = {
      ...rest, id: before?.id ?? `gwp_made_${this.count}`, base_url: wish.base_url ?? BASE_URLS[wish.kind], price_as: wish.price_as ?? wish.name, models: wish.models ?? before?.models ?? [],
      keys: before?.keys ?? (api_key == null ? [] : [keyOf(`gwk_made_${this.count}`, "default", 1, api_key)]), managed_by: "api", created_at: before?.created_at ?? at(0), updated_at: at(0),
    };
    this.items = before === null ? [...this.items, made].sort((a, b) => a.name.localeCompare(b.name)) : this.items.map((each) => (each === before ? made : each));
    return ok(made, before === null ? 201 : 200);
  }

  private answerKeys(method: string, provider: GatewayProvider, keyId: string | undefined, body: Record<string, unknown>): Answer {
    this.count += 1;
    if (keyId === undefined) {
      const made = keyOf(`gwk_made_${this.count}`, String(body.name), Number(body.weight), String(body.api_key));
      this.keep(provider, [...provider.keys, made]);
      return ok(made, 201);
    }
    if (method === "DELETE") {
      this.keep(provider, provider.keys.filter((key) => key.id !== keyId));
      return nothing();
    }
    this.keep(provider, provider.keys.map((key) => (key.id === keyId ? { ...key, ...(body as Partial<ProviderKey>) } : key)));
    return ok(provider.keys.find((key) => key.id === keyId));
  }

  private keep(provider: GatewayProvider, keys: ProviderKey[]): void {
    this.items = this.items.map((each) => (each.id === provider.id ? { ...each, keys } : each));
  }
}

const keyOf = (id: string, name: string, weight: number, secret: string): ProviderKey => ({ id, name, weight, enabled: true, hint: secret.slice(-4), created_at: at(0) });

function demoProviders(): GatewayProvider[] {
  const provider = (name: string, kind: GatewayProvider["kind"], over: Partial<GatewayProvider>): GatewayProvider => ({
    id: `gwp_${name}`, name, kind, base_url: BASE_URLS[kind], price_as: name, models: [], headers: {}, timeout_s: 600, max_concurrency: 0, breaker_failures: 5, breaker_open_s: 10, enabled: true,
    keys: [], managed_by: "api", created_at: at(-60), updated_at: at(-3), ...over,
  });
  return [
    provider("anthropic", "anthropic", { models: ["claude-*"], keys: [keyOf("gwk_ant", "default", 1, "…Qx7A")] }),
    provider("ollama", "ollama", { base_url: "http://10.0.0.8:11434", models: ["llama*", "qwen*"], timeout_s: 120, max_concurrency: 4, managed_by: "file" }),
    provider("openai", "openai", {
      models: ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "text-embedding-*", "dall-e-*", "whisper-*"], max_concurrency: 200,
      keys: [keyOf("gwk_oai_1", "default", 3, "…9aBc"), keyOf("gwk_oai_2", "team eu", 1, "…eU42"), { ...keyOf("gwk_oai_3", "old", 1, "…0lD1"), enabled: false }],
    }),
    provider("vllm", "openai_compatible", { base_url: "http://10.0.0.5:8000/v1", models: ["qwen3-*"], max_concurrency: 32, enabled: false }),
  ];
}
