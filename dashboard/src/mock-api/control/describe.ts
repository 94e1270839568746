/** What the demo's server says of a budget or a stop, in the words of the real one. */
import type { BudgetWish, CallScope, ShownScope } from "@/api/control-types";

const PERIODS: Record<string, string> = { hour: "within a full hour", day: "between midnight and midnight", week: "between Monday and Sunday", month: "between the 1st and the end of the month" };

export function describeBudget(wish: BudgetWish, scope: ShownScope): string {
  const amount = wish.unit === "usd" ? `$${Number(wish.limit).toLocaleString("en-US")}` : `${Number(wish.limit).toLocaleString("en-US")} ${wish.unit}`;
  const limit = `${amount} ${wish.unit === "usd" ? "are spent" : wish.unit === "requests" ? "are made" : "are used"}`;
  const calls = whoseCalls(wish, scope);
  const verbs = { notify: `Tells when ${limit} by ${calls}`, slow_down: `Slows ${calls} down once ${limit}`, downgrade_model: `Moves ${calls} to ${wish.downgrade_to ?? ""} once ${limit}`, stop: `Stops ${calls} once ${limit}` };
  const period = wish.period === "total" ? "in all" : wish.period === "rolling" ? `within any ${lengthOf(wish.rolling_s ?? 0)}` : `${PERIODS[wish.period] ?? ""}, ${wish.time_zone}`;
  return [
    `${verbs[wish.action]} ${period}`,
    ...(wish.hard_stop ? ["calls at the same time cannot pass it together"] : []),
    ...(wish.thresholds.length > 0 ? [`tells at ${listed(wish.thresholds.map((percent) => `${percent} %`))}`] : []),
  ].join("; ");
}

function whoseCalls(wish: BudgetWish, scope: ShownScope): string {
  if (wish.per === null || wish.per === undefined) return callsOf(scope);
  const word = { end_user: "end user", api_key: "API key", session: "session" }[wish.per];
  return `each ${word}'s ${callsOf(scope).replace("every project's ", "")}${scope.project_id === null ? " in every project" : ""}`;
}

export function describeStop(scope: ShownScope, routes: readonly string[], isDry: boolean): string {
  const meant = callsOf(scope);
  return `${isDry ? "Counts what would be stopped of" : "Stops"} ${meant === "calls" ? "every call" : meant}${routes.length > 0 ? `, but not those of ${listed(routes)}` : ""}`;
}

export function shownScope(given: Partial<CallScope> | undefined, projectId: string): ShownScope {
  const { project = "this", ...fields } = given ?? {};
  return { environment: "", model: "", route: "", end_user: "", api_key: "", tag: "", session: "", ...fields, project_id: project === "all" ? null : projectId };
}

function callsOf(scope: ShownScope): string {
  const parts: [keyof ShownScope, string][] = [["model", "to"], ["route", "of"], ["end_user", "for the user"], ["session", "in the session"], ["tag", "tagged"], ["api_key", "with the key"], ["environment", "in"]];
  return [scope.project_id === null ? "every project's calls" : "calls", ...parts.filter(([name]) => scope[name] !== "").map(([name, word]) => `${word} ${scope[name] ?? ""}`)].join(" ");
}

function lengthOf(seconds: number): string {
  const [size, name] = ([[86_400, "day"], [3_600, "hour"], [60, "minute"], [1, "second"]] as const).find(([each]) => seconds % each === 0) ?? [1, "second"];
  return seconds === size ? name : `${seconds / size} ${name}s`;
}

const listed = (words: readonly string[]) => (words.length === 1 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`);
