import { describe, expect, it } from "vitest";

import type { MetricValues, SeriesPoint, Summary, TimeSeries } from "@/api/types";

import { costSeries, percentileSeries, tokenSeries } from "./chart-series";
import { tilesOf, toneOf } from "./tiles";

const values = (given: Partial<MetricValues> = {}): MetricValues => ({
  calls: 0, spans: 0, errors: 0, unpriced: 0, estimated: 0, input_tokens: 0, output_tokens: 0, cache_read_tokens: 0,
  cache_write_tokens: 0, reasoning_tokens: 0, cost_usd: 0, cost_nanousd: 0,
  latency_ms: { p50: null, p95: null, p99: null }, time_to_first_token_ms: { p50: null, p95: null, p99: null },
  ...given,
});
const summary = (given: Partial<MetricValues>, previous: MetricValues | null = null): Summary => ({ start: "", end: "", ...values(given), previous });
const point = (time: string, given: Partial<MetricValues> = {}): SeriesPoint => ({ time, ...values(given) });
const tile = (label: string, tiles: ReturnType<typeof tilesOf>) => tiles.find((one) => one.label === label);

describe("tiles", () => {
  it("show the cost of unpriced calls as unpriced, never as nothing", () => {
    const cost = tile("Cost", tilesOf(summary({ calls: 3, unpriced: 3 }), []));

    expect(cost).toMatchObject({ value: "unpriced", unpriced: 3 });
  });

  it("compare with the period before, and stay silent when there was none", () => {
    expect(tile("Requests", tilesOf(summary({ calls: 30 }, values({ calls: 20 })), []))?.change).toBeCloseTo(0.5);
    expect(tile("Requests", tilesOf(summary({ calls: 30 }), []))?.change).toBeNull();
  });

  it("compare errors by rate, not by number", () => {
    const now = summary({ calls: 1000, errors: 10 }, values({ calls: 100, errors: 1 }));

    expect(tile("Errors", tilesOf(now, []))).toMatchObject({ value: "1.0%", change: 0 });
  });

  it("colour only what matters", () => {
    expect(toneOf({ change: 0.5, more: "bad" })).toBe("bad");
    expect(toneOf({ change: -0.5, more: "bad" })).toBe("good");
    expect(toneOf({ change: 0.02, more: "bad" })).toBe("neutral");
    expect(toneOf({ change: 4, more: "neutral" })).toBe("neutral");
  });
});

describe("charts", () => {
  it("count cached input once", () => {
    const drawn = tokenSeries([point("2026-01-01T00:00:00Z", { input_tokens: 100, cache_read_tokens: 80, output_tokens: 5 })]);

    expect(drawn.map((series) => series.points[0]?.[1])).toEqual([20, 80, 5]);
  });

  it("break the line where no call was made", () => {
    expect(percentileSeries([point("2026-01-01T00:00:00Z")], "latency_ms")[0]?.points[0]?.[1]).toBeNull();
  });

  it("do not draw an unpriced model as free", () => {
    const series: TimeSeries = {
      start: "", end: "", step_s: 60, group_by: "model",
      series: [
        { key: "local", points: [point("2026-01-01T00:00:00Z", { calls: 4, unpriced: 4 })] },
        { key: "gpt", points: [point("2026-01-01T00:00:00Z", { cost_usd: 1, cost_nanousd: 1e9 })] },
      ],
    };

    expect(costSeries(series).map((one) => one.name)).toEqual(["gpt"]);
  });
});
