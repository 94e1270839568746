/** Why the gateway refused a call, or why it failed, for people. */
const REASONS: Readonly<Record<string, string>> = {
  budget_exceeded: "Budget used up",
  kill_switch_active: "Kill switch",
  rate_limited: "Rate limit",
  unpriced_model: "No price known",
  model_not_allowed: "Model not allowed",
  guardrail: "Guardrail",
  model_not_found: "No such model",
  no_provider: "No provider for it",
  provider_key_refused: "Provider’s key refused",
  upstream_unreachable: "Provider not reached",
  upstream_timeout: "Provider too slow",
  upstream_broke_off: "Answer broke off",
  upstream_garbage: "Answer not readable",
  upstream_forbidden: "Address not allowed",
  upstream_resting: "Provider left alone",
  upstream_busy: "Provider at its bound",
  upstream_error: "Provider failed",
  budgets_unreachable: "Budgets not reached",
  call_too_long: "Took too long",
  invalid_json: "No JSON",
  untranslatable: "Cannot be translated",
  too_large: "Too large",
  busy: "Gateway busy",
  stopping: "Gateway stopping",
};

/** "upstream_429": what the provider answered. A reason that is new to this dashboard is shown as the server names it. */
export function formatRefusal(code: string): string {
  const status = /^(?:upstream|http)_(\d{3})$/.exec(code)?.[1];
  return status === undefined ? (REASONS[code] ?? code.replaceAll("_", " ")) : `Provider answered ${status}`;
}
