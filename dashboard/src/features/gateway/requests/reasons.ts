/** Why calls were refused, in words. Pure. */
const REASONS: Readonly<Record<string, string>> = {
  budget_exceeded: "Budget used up",
  kill_switch_active: "Kill switch",
  rate_limited: "Rate limit",
  unpriced_model: "No price known",
  model_not_allowed: "Model not allowed",
  guardrail: "Guardrail",
};

/** A reason that is new to this page is shown as the server names it. */
export const reasonLabel = (code: string): string => REASONS[code] ?? code.replaceAll("_", " ");

export const SHOWN = [
  { value: "all", label: "All", status: [] },
  { value: "ok", label: "Answered", status: ["ok"] },
  { value: "failed", label: "Failed", status: ["error", "timeout"] },
  { value: "refused", label: "Refused", status: ["blocked"] },
  { value: "left", label: "Left", status: ["cancelled"] },
] as const;

export type Shown = (typeof SHOWN)[number]["value"];

/** Which of the choices the statuses in the address are; none of them where somebody wrote others. */
export const shownOf = (status: readonly string[] | undefined): Shown | null =>
  SHOWN.find((each) => each.status.length === (status?.length ?? 0) && each.status.every((one) => status?.includes(one) ?? false))?.value ?? null;
