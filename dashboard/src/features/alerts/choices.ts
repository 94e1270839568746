/** What can be chosen in a rule, in words. */
import type { AlertCondition, AlertRuleWish } from "@/api/alert-types";

type Choices<T> = readonly { value: T; label: string }[];

export const CONDITIONS: Choices<AlertCondition["kind"]> = [
  { value: "above", label: "above a limit" },
  { value: "below", label: "below a limit" },
  { value: "change", label: "other than before" },
  { value: "anomaly", label: "unusual for this hour of the week" },
  { value: "no_data", label: "not there: no spans at all" },
];

export const ANOMALY_HINT = "How many robust standard deviations from what is usual. Fewer fire more often.";

export const DIRECTIONS: Choices<AlertCondition["direction"]> = [
  { value: "up", label: "up" },
  { value: "down", label: "down" },
  { value: "either", label: "either way" },
];

export const COMPARED: Choices<AlertCondition["compared_with"]> = [
  { value: "window", label: "the window before" },
  { value: "day", label: "the same time yesterday" },
  { value: "week", label: "the same time last week" },
];

export const WINDOWS: Choices<AlertRuleWish["window"]> = [
  { value: "1m", label: "1 minute" },
  { value: "5m", label: "5 minutes" },
  { value: "15m", label: "15 minutes" },
  { value: "30m", label: "30 minutes" },
  { value: "1h", label: "1 hour" },
  { value: "3h", label: "3 hours" },
  { value: "6h", label: "6 hours" },
  { value: "12h", label: "12 hours" },
  { value: "1d", label: "1 day" },
];

export const ONCE_PER: Choices<AlertRuleWish["once_per"]> = [
  { value: "none", label: "every time" },
  { value: "hour", label: "once per hour" },
  { value: "day", label: "once per day" },
  { value: "week", label: "once per week" },
  { value: "month", label: "once per month" },
];

export const GROUPS: Choices<AlertRuleWish["group_by"]> = [
  { value: "", label: "all calls together" },
  { value: "environment", label: "environment" },
  { value: "provider", label: "provider" },
  { value: "model", label: "model" },
  { value: "route", label: "route" },
  { value: "service", label: "service" },
];

export const PERCENTILES = [
  { value: "50", label: "50th: half of the calls" },
  { value: "95", label: "95th" },
  { value: "99", label: "99th" },
] as const;
