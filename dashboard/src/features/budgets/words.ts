/** A budget in words and in shares of a bar. Pure. */
import type { Budget, BudgetWish } from "@/api/control-types";
import { formatCount, formatExact } from "@/format/count";
import { formatUsd } from "@/format/money";
import { formatPoint } from "@/format/time";
import { formatDistance } from "@/format/until";
import type { Tone } from "@/ui/badge";

export type Unit = Budget["unit"];
type Period = Budget["period"];
export type Action = Budget["action"];

/** "$12.50", "1,200 tokens", "1 request". */
export function formatAmount(amount: number, unit: Unit): string {
  if (unit === "usd") return formatUsd(amount);
  const whole = Math.round(amount);
  return `${whole >= 1_000_000 ? formatCount(whole) : formatExact(whole)} ${whole === 1 ? unit.slice(0, -1) : unit}`;
}

export const STATES: Record<Budget["state"], { label: string; tone: Tone }> = {
  ok: { label: "within", tone: "good" },
  warning: { label: "close", tone: "warn" },
  over: { label: "limit reached", tone: "bad" },
  overridden: { label: "let through", tone: "violet" },
};

export const PERIODS: readonly { value: Period; label: string; ends: string }[] = [
  { value: "hour", label: "Hour", ends: "the end of the hour" },
  { value: "day", label: "Day", ends: "the end of the day" },
  { value: "week", label: "Week, from Monday", ends: "the end of the week" },
  { value: "month", label: "Month", ends: "the end of the month" },
  { value: "total", label: "All time", ends: "" },
  { value: "rolling", label: "Rolling window", ends: "" },
];

export const ACTIONS: readonly { value: Action; label: string; meaning: string }[] = [
  { value: "notify", label: "Only tell", meaning: "Makes news at the thresholds. Nothing is held back." },
  { value: "slow_down", label: "Slow down", meaning: "Callers that enforce wait a little before each call." },
  { value: "downgrade_model", label: "Cheaper model", meaning: "Callers that enforce use the model below instead." },
  { value: "stop", label: "Stop", meaning: "Callers that enforce make no more of these calls until the period ends." },
];

/** Whose limit it is: "" is that of all calls together. */
export const WHOSE: readonly { value: NonNullable<Budget["per"]> | ""; label: string }[] = [
  { value: "", label: "All calls together" },
  { value: "end_user", label: "Each end user" },
  { value: "api_key", label: "Each API key" },
  { value: "session", label: "Each session" },
];

/** How much of the limit is gone, with what reservations hold: 1 is all of it. */
export const shareOf = (budget: Pick<Budget, "spent" | "held" | "limit">) => (budget.spent + budget.held) / budget.limit;

/** Who is close comes first. */
export function closestFirst(budgets: readonly Budget[]): Budget[] {
  return [...budgets].sort((a, b) => shareOf(b) - shareOf(a) || a.name.localeCompare(b.name));
}

export interface Bar {
  /** All in percent of the bar's width. */
  spent: number;
  held: number;
  limit: number;
  thresholds: { percent: number; at: number; isPassed: boolean }[];
  expected: number | null;
  interval: { from: number; to: number } | null;
}

/** The bar reaches to the limit, or beyond it where more is spent or expected; at most to four times the limit. */
export function barOf(budget: Budget): Bar {
  const { spent, held, limit, forecast } = budget;
  const most = Math.min(limit * 4, Math.max(limit, spent + held, forecast.expected ?? 0, forecast.high ?? 0));
  const at = (amount: number) => Math.max(0, Math.min(100, (amount / most) * 100));
  return {
    spent: at(spent),
    held: at(spent + held) - at(spent),
    limit: at(limit),
    thresholds: budget.thresholds.filter((percent) => percent !== 100 && (limit * percent) / 100 <= most).map((percent) => ({ percent, at: at((limit * percent) / 100), isPassed: spent >= (limit * percent) / 100 })),
    expected: forecast.expected === null ? null : at(forecast.expected),
    interval: forecast.low === null || forecast.high === null ? null : { from: at(forecast.low), to: at(forecast.high) },
  };
}

/** Where it is heading, as a sentence. */
export function outlookOf(budget: Budget, now: Date): string {
  const { forecast, unit, period } = budget;
  if (budget.counting) return "Its history is still being counted: what is spent may be more.";
  const frees = budget.period_end === null ? "" : period === "rolling" ? " It frees as earlier calls leave the window." : ` The next period begins ${formatDistance(budget.period_end, now)}.`;
  if (budget.spent >= budget.limit) return `Used up.${frees}`;
  const end = PERIODS.find((each) => each.value === period)?.ends ?? "";
  const sure = forecast.low === null || forecast.high === null ? "" : ` (80 % sure: ${formatAmount(forecast.low, unit)} to ${formatAmount(forecast.high, unit)})`;
  const heading = forecast.expected === null ? "" : `${formatAmount(forecast.expected, unit)} by ${end}${sure}`;
  if (forecast.exhausted_at !== null) {
    const when = `At this pace used up ${formatDistance(forecast.exhausted_at, now)}, on ${formatPoint(new Date(forecast.exhausted_at))}`;
    return heading === "" ? `${when}.` : `${when}. Heading for ${heading}.`;
  }
  if (budget.spent === 0) return "Nothing spent yet in this period.";
  return heading === "" ? `${formatAmount(forecast.pace_per_day, unit)} a day. Not used up in sight.` : `Lasts. Heading for ${heading}.`;
}

/** "90, 50 %; 50" → [50, 90]; null where something is no whole percent from 1 to 1000. */
export function thresholdsOf(text: string): number[] | null {
  const percents = text.split(/[\s,;%]+/).filter((part) => part !== "").map(Number);
  return percents.every((percent) => Number.isInteger(percent) && percent >= 1 && percent <= 1000) ? [...new Set(percents)].sort((a, b) => a - b) : null;
}

export interface Draft extends Omit<BudgetWish, "limit" | "thresholds" | "rolling_s"> {
  limit: string;
  thresholds: string;
  rollingCount: string;
  rollingUnit: "minutes" | "hours" | "days";
}

const SECONDS = { minutes: 60, hours: 3_600, days: 86_400 } as const;

/** What was typed as the API takes it; null while it is not whole. */
export function wishOf(draft: Draft): BudgetWish | null {
  const { limit: limitText, thresholds: thresholdText, rollingCount, rollingUnit, ...rest } = draft;
  const limit = limitText.replaceAll(/[\s,_$]/g, "");
  const thresholds = thresholdsOf(thresholdText);
  const rolling_s = draft.period === "rolling" ? Number(rollingCount) * SECONDS[rollingUnit] : null;
  const isWhole = draft.name.trim() !== "" && Number(limit) > 0 && thresholds !== null && (rolling_s === null || rolling_s > 0) && (draft.action !== "downgrade_model" || rest.downgrade_to !== "");
  if (!isWhole) return null;
  // As text: a number would lose nano-dollars of large limits.
  return { ...rest, name: draft.name.trim(), limit, thresholds, rolling_s, downgrade_to: draft.action === "downgrade_model" ? (rest.downgrade_to ?? null) : null, hard_stop: draft.action === "stop" && draft.hard_stop };
}

/** A rolling window's length in the largest unit that fits it. */
export function rollingOf(rolling_s: number | null): Pick<Draft, "rollingCount" | "rollingUnit"> {
  if (rolling_s === null) return { rollingCount: "24", rollingUnit: "hours" };
  const unit = (["days", "hours", "minutes"] as const).find((each) => rolling_s % SECONDS[each] === 0) ?? "minutes";
  return { rollingCount: String(rolling_s / SECONDS[unit]), rollingUnit: unit };
}
