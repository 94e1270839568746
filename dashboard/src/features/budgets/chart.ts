/** Past periods as bars under the line of the limit. Pure. */
import type { BudgetPeriod } from "@/api/control-types";
import type { ChartSeries } from "@/charts/options";

const DAY_MS = 86_400_000;
const FEWEST = 12;

/** `limit` null: there is no line (a slot of a rolling window has no limit of its own). Room is left for at least twelve bars, so that one is not a wall. */
export function chartOf(periods: readonly BudgetPeriod[], limit: number | null): { series: ChartSeries[]; frame: { start: number; end: number; stepMs: number } } {
  const bars = periods.map((period) => [Date.parse(period.start), period.spent] as const).sort(([a], [b]) => a - b);
  const [last] = periods;
  const stepMs = last?.end == null ? DAY_MS : Date.parse(last.end) - Date.parse(last.start);
  const end = last === undefined ? 0 : Date.parse(last.start) + stepMs;
  const start = Math.min(bars[0]?.[0] ?? end, end - FEWEST * stepMs);
  const series: ChartSeries[] = [{ name: "spent", points: bars, shape: "bar" }];
  if (limit !== null) series.push({ name: "limit", points: [[start, limit], [end, limit]], shape: "line", colour: "bad" });
  return { series, frame: { start, end, stepMs } };
}
