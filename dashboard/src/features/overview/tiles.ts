/** What the tiles at the top say, from the summary and the series. Pure. */
import type { MetricValues, SeriesPoint, Summary } from "@/api/types";
import { change, formatCount, formatShare } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatSum } from "@/format/money";

export interface Tile {
  label: string;
  value: string;
  detail: string | null;
  change: number | null;
  /** Whether more is better, worse, or neither. */
  more: "good" | "bad" | "neutral";
  points: (number | null)[];
  unpriced: number;
}

interface Figure {
  label: string;
  more: Tile["more"];
  of: (values: MetricValues) => number | null;
  show: (values: MetricValues) => string;
  detail?: (values: MetricValues) => string | null;
}

const tokens = (values: MetricValues) => values.input_tokens + values.output_tokens;

const FIGURES: readonly Figure[] = [
  { label: "Requests", more: "neutral", of: (values) => values.calls, show: (values) => formatCount(values.calls) },
  {
    label: "Errors",
    more: "bad",
    of: (values) => (values.calls > 0 ? values.errors / values.calls : 0),
    show: (values) => formatShare(values.errors, values.calls),
    detail: (values) => `${formatCount(values.errors)} failed`,
  },
  { label: "Cost", more: "bad", of: (values) => values.cost_usd, show: formatSum },
  {
    label: "Tokens",
    more: "neutral",
    of: tokens,
    show: (values) => formatCount(tokens(values)),
    detail: (values) => (values.cache_read_tokens > 0 ? `${formatShare(values.cache_read_tokens, values.input_tokens)} of input cached` : null),
  },
  { label: "Latency p50", more: "bad", of: (values) => values.latency_ms.p50, show: (values) => formatMs(values.latency_ms.p50) },
  { label: "Latency p95", more: "bad", of: (values) => values.latency_ms.p95, show: (values) => formatMs(values.latency_ms.p95) },
];

export const TILE_LABELS = FIGURES.map((figure) => figure.label);

export function tilesOf(summary: Summary, points: readonly SeriesPoint[]): Tile[] {
  const before = summary.previous;
  return FIGURES.map((figure) => ({
    label: figure.label,
    value: figure.show(summary),
    detail: figure.detail?.(summary) ?? null,
    change: before ? change(figure.of(summary), figure.of(before)) : null,
    more: figure.more,
    points: points.map(figure.of),
    unpriced: figure.label === "Cost" ? summary.unpriced : 0,
  }));
}

/** Whether a change is worth a colour: small ones are noise. */
export function toneOf(tile: Pick<Tile, "change" | "more">): "good" | "bad" | "neutral" {
  if (tile.change === null || Math.abs(tile.change) < 0.05 || tile.more === "neutral") return "neutral";
  return tile.change > 0 === (tile.more === "good") ? "good" : "bad";
}
