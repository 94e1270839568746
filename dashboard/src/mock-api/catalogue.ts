/** What the demo's company runs: its models with prices, its routes, its users, and what they talk about. */

export interface Model {
  provider: string;
  model: string;
  /** Dollars for a million tokens; null: nobody knows the price. */
  input_usd: number | null;
  output_usd: number;
  cached_usd: number;
  first_token_ms: number;
  tokens_per_s: number;
}

const model = (
  provider: string,
  name: string,
  prices: readonly [number, number, number] | null,
  first_token_ms: number,
  tokens_per_s: number,
): Model => ({
  provider,
  model: name,
  input_usd: prices?.[0] ?? null,
  output_usd: prices?.[1] ?? 0,
  cached_usd: prices?.[2] ?? 0,
  first_token_ms,
  tokens_per_s,
});

export const MODELS: readonly Model[] = [
  model("openai", "gpt-4.1", [2, 8, 0.5], 420, 95),
  model("anthropic", "claude-sonnet-4-5", [3, 15, 0.3], 780, 72),
  model("openai", "gpt-4.1-mini", [0.4, 1.6, 0.1], 290, 140),
  model("google", "gemini-2.5-flash", [0.3, 2.5, 0.075], 340, 190),
  model("anthropic", "claude-haiku-4-5", [1, 5, 0.1], 360, 150),
  model("ollama", "qwen3-coder:30b-internal", null, 210, 44),
  model("openai", "o3", [2, 8, 0.5], 2400, 60),
];

export const EMBEDDING: Model = model("openai", "text-embedding-3-small", [0.02, 0, 0.02], 60, 10_000);

export const ROUTES = ["/support/answer", "/chat", "/docs/search", "/agents/triage", "/summarise", "/code/review"] as const;
export const ENVIRONMENTS = ["production", "production", "production", "staging", "development"] as const;
export const SERVICES = ["support-api", "web", "worker"] as const;
export const TAGS = ["beta", "eu", "priority", "long-context", "experiment-b"] as const;

export const USERS = [
  "acme-corp", "northwind", "globex", "initech", "umbrella", "hooli", "stark-ind", "wayne-ent", "wonka", "tyrell",
  "cyberdyne", "soylent", "duff", "oscorp", "massive-dynamic", "aperture", "black-mesa", "vandelay", "pied-piper", "dunder-mifflin",
] as const;

export const QUESTIONS = [
  ["My order 48213 says delivered, but nothing arrived. Can I get a refund?", "I am sorry about the missing parcel. Order **48213** was marked delivered on Tuesday at 14:02.\n\nI have opened a trace with the carrier and, because the order is under 100 €, refunded it right away. You will see **64.90 €** on your card in 3–5 days."],
  ["How do I rotate the signing secret without downtime?", "Create a second secret, deploy it next to the first, then retire the old one:\n\n1. `POST /v1/secrets` creates the new secret.\n2. Both are accepted for 24 hours.\n3. `DELETE /v1/secrets/{old}` ends the overlap."],
  ["Summarise the incident of last night in three sentences.", "At 02:14 a schema change locked the `orders` table for eleven minutes. Check-out returned errors for 6 % of requests in that time. The change was rolled back and will be repeated with a lock timeout."],
  ["Which plan includes SSO and audit logs?", "Single sign-on and audit logs are part of **Business** and **Enterprise**. On Team you can add SSO alone."],
  ["Review this function for race conditions.", "There is one: `balance` is read outside the lock, so two withdrawals can both pass the check. Move the read into the critical section."],
] as const;

export const ERRORS = [
  ["error", "RateLimitError", "429 Too Many Requests: rate limit reached for requests per minute. Retry after 12 s."],
  ["timeout", "APITimeoutError", "Request timed out after 30.0 s."],
  ["error", "InternalServerError", "503 The model is overloaded. Try again later."],
] as const;
