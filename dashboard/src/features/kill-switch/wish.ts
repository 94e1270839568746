/** A stop as it is typed. Pure. */
import type { CallScope, KillSwitch, KillSwitchWish } from "@/api/control-types";
import { formatListTime } from "@/format/time";

export interface Draft {
  scope: CallScope;
  routes: string;
  reason: string;
  minutes: string;
}

export const SPANS = [
  { value: "", label: "until somebody releases it" },
  { value: "15", label: "for 15 minutes" },
  { value: "60", label: "for 1 hour" },
  { value: "240", label: "for 4 hours" },
  { value: "1440", label: "for 1 day" },
  { value: "10080", label: "for 7 days" },
] as const;

/** One route a line. */
export const routesOf = (text: string): string[] => [...new Set(text.split(/[\n,]/).map((line) => line.trim()).filter((line) => line !== ""))];

export const minutesOf = (text: string): number | null => (text === "" ? null : Number(text));

export function wishOf(draft: Draft, dry_run: boolean): KillSwitchWish | null {
  const reason = draft.reason.trim();
  return reason === "" ? null : { scope: draft.scope, allow_routes: routesOf(draft.routes), reason, minutes: minutesOf(draft.minutes), dry_run };
}

/** How it stands, or how it ended. */
export function stateOf(stop: KillSwitch, now: Date): string {
  if (stop.active) return stop.until === null ? "until somebody releases it" : `until ${formatListTime(stop.until, now)}`;
  if (stop.released_at !== null) return `released ${formatListTime(stop.released_at, now)} by ${stop.released_by}`;
  return stop.until === null ? "over" : `ended by itself ${formatListTime(stop.until, now)}`;
}
