/** Why the gateway refused a call, for people. */
const REASONS: Readonly<Record<string, string>> = {
  budget_exceeded: "Budget used up",
  kill_switch_active: "Kill switch",
  rate_limited: "Rate limit",
  unpriced_model: "No price known",
  model_not_allowed: "Model not allowed",
  guardrail: "Guardrail",
};

/** A reason that is new to this dashboard is shown as the server names it. */
export const formatRefusal = (code: string): string => REASONS[code] ?? code.replaceAll("_", " ");
