/** Why ours and theirs differ, in words. Pure. */
import { formatNanoUsd } from "@/format/money";

const REASONS: Record<string, string> = {
  missing_calls: "calls that the provider counted and that never came here",
  extra_calls: "calls that came here and that the provider did not count",
  day_edge: "calls around midnight that the provider counts to the other day",
  unpriced: "calls that have no price here",
  rate: "another rate: a discount, a tier, or a price that changed",
  rounding: "rounding",
  not_in_report: "calls of days or models that are not in the report",
  unknown: "a difference whose reason the report does not show",
};

export const reasonInWords = (reason: string) => REASONS[reason] ?? reason.replaceAll("_", " ");

export const signedUsd = (nanousd: number) => (nanousd > 0 ? `+${formatNanoUsd(nanousd)}` : formatNanoUsd(nanousd));
