/** From the API's series to those the charts draw. Pure. */
import type { SeriesPoint, TimeSeries } from "@/api/types";
import type { ChartFrame, ChartSeries } from "@/charts/options";

type Value = (point: SeriesPoint) => number | null;

function line(name: string, points: readonly SeriesPoint[], value: Value, look: Omit<ChartSeries, "name" | "points">): ChartSeries {
  return { name, points: points.map((point) => [Date.parse(point.time), value(point)] as const), ...look };
}

export type Format = (value: number) => string;

export function frameOf(series: TimeSeries, format: Format, formatAxis: Format): ChartFrame {
  return { start: Date.parse(series.start), end: Date.parse(series.end), stepMs: series.step_s * 1000, format, formatAxis };
}

/** The one line of a series that was not grouped. */
export function onlyLine(series: TimeSeries): SeriesPoint[] {
  return series.series[0]?.points ?? [];
}

export function requestSeries(points: readonly SeriesPoint[]): ChartSeries[] {
  return [
    line("Succeeded", points, (point) => point.calls - point.errors, { shape: "bar", stack: true }),
    line("Failed", points, (point) => point.errors, { shape: "bar", stack: true, colour: "bad" }),
  ];
}

/** Stacked by model. A model whose calls were all unpriced is left out: it has no cost to draw, not a cost of 0. */
export function costSeries(series: TimeSeries): ChartSeries[] {
  return series.series
    .filter((one) => one.points.some((point) => point.cost_nanousd > 0))
    .map((one) => line(one.key || "(no model)", one.points, (point) => point.cost_usd, { shape: "bar", stack: true }));
}

export function tokenSeries(points: readonly SeriesPoint[]): ChartSeries[] {
  return [
    line("Input", points, (point) => Math.max(0, point.input_tokens - point.cache_read_tokens), { shape: "area", stack: true }),
    line("Cached input", points, (point) => point.cache_read_tokens, { shape: "area", stack: true }),
    line("Output", points, (point) => point.output_tokens, { shape: "area", stack: true }),
  ];
}

export function percentileSeries(points: readonly SeriesPoint[], of: "latency_ms" | "time_to_first_token_ms"): ChartSeries[] {
  return (["p50", "p95", "p99"] as const).map((p) => line(p, points, (point) => point[of][p], { shape: "line" }));
}
