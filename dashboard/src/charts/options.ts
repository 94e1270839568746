/** From series to what ECharts draws. Pure, so that it can be tested without a browser. */
import { formatPoint, formatTick } from "@/format/time";

import { seriesColour, type Palette } from "./palette";

export interface ChartSeries {
  name: string;
  /** [milliseconds since the epoch, value]; null where nothing is known: the line breaks there. */
  points: readonly (readonly [number, number | null])[];
  shape: "line" | "area" | "bar";
  colour?: "bad" | "warn";
  stack?: boolean;
}

export interface ChartFrame {
  start: number;
  end: number;
  stepMs: number;
  format: (value: number) => string;
  /** Shorter, for the axis. */
  formatAxis: (value: number) => string;
}

export function chartOption(series: readonly ChartSeries[], frame: ChartFrame, palette: Palette) {
  const spanMs = frame.end - frame.start;
  return {
    animation: false,
    textStyle: { fontFamily: "Inter Variable, system-ui, sans-serif" },
    grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      confine: true,
      axisPointer: { type: "line", lineStyle: { color: palette.text, type: "dashed", width: 1 } },
      backgroundColor: palette.surface,
      borderColor: palette.line,
      padding: [8, 10],
      textStyle: { color: palette.text, fontSize: 12 },
      order: "valueDesc",
      formatter: (items: TooltipItem[]) => tooltip(items, frame),
    },
    xAxis: {
      type: "time",
      min: frame.start,
      max: frame.end,
      axisLine: { lineStyle: { color: palette.line } },
      axisTick: { show: false },
      axisLabel: { color: palette.text, fontSize: 11, hideOverlap: true, formatter: (at: number) => formatTick(new Date(at), spanMs) },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      splitNumber: 3,
      axisLabel: { color: palette.text, fontSize: 11, formatter: frame.formatAxis },
      splitLine: { lineStyle: { color: palette.line } },
    },
    series: series.map((one, index) => seriesOption(one, index, palette, frame)),
  };
}

function seriesOption(series: ChartSeries, index: number, palette: Palette, frame: ChartFrame) {
  const colour = series.colour ? palette[series.colour] : seriesColour(palette, index, series.name);
  const shared = {
    name: series.name,
    // A bar stands for its whole step, so it is drawn in the step's middle.
    data: series.shape === "bar" ? series.points.map(([at, value]) => [at + frame.stepMs / 2, value]) : series.points,
    itemStyle: { color: colour },
    ...(series.stack === true ? { stack: "all" } : {}),
  };
  if (series.shape === "bar") return { ...shared, type: "bar", barMaxWidth: 22, barCategoryGap: "22%", large: false };
  return {
    ...shared,
    type: "line",
    // A line needs two points: one that stands alone is drawn as a dot, or it would not be seen at all.
    showSymbol: series.points.some((_, at) => standsAlone(series.points, at)),
    showAllSymbol: true,
    symbol: (_value: unknown, { dataIndex }: { dataIndex: number }) => (standsAlone(series.points, dataIndex) ? "circle" : "none"),
    symbolSize: 5,
    lineStyle: { width: 1.6, color: colour },
    ...(series.shape === "area" ? { areaStyle: { color: colour, opacity: series.stack === true ? 0.35 : 0.12 } } : {}),
  };
}

function standsAlone(points: ChartSeries["points"], at: number): boolean {
  const isKnown = (index: number) => points[index]?.[1] != null;
  return isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1);
}

interface TooltipItem {
  seriesName: string;
  color: string;
  value: readonly [number, number | null];
  seriesType: string;
}

const MOST_LINES = 9;

function tooltip(items: readonly TooltipItem[], frame: ChartFrame): string {
  const first = items[0];
  if (!first) return "";
  const at = first.seriesType === "bar" ? first.value[0] - frame.stepMs / 2 : first.value[0];
  const lines = items
    .filter((item) => item.value[1] !== null && (items.length < 4 || item.value[1] !== 0))
    .slice(0, MOST_LINES)
    .map((item) => tooltipLine(item, frame.format(item.value[1] ?? 0)));
  return `<div class="lx-tip"><b>${escapeHtml(formatPoint(new Date(at)))}</b>${lines.join("")}</div>`;
}

/** The colour is an attribute of a shape, for the page's policy lets no style attribute work. */
function tooltipLine(item: TooltipItem, value: string): string {
  return `<div><svg viewBox="0 0 8 8"><rect width="8" height="8" rx="2" fill="${escapeHtml(item.color)}" /></svg><span>${escapeHtml(item.seriesName)}</span><em>${escapeHtml(value)}</em></div>`;
}

/** Series are named by what clients sent: never trust them inside HTML. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
