import { describe, expect, it } from "vitest";

import type { Budget } from "@/api/control-types";

import { barOf, closestFirst, outlookOf, rollingOf, thresholdsOf, wishOf, type Draft } from "./words";

const NOW = new Date("2026-05-10T12:00:00Z");

function budget(over: Partial<Budget> = {}): Budget {
  return {
    id: "bud_1", name: "All", describes: "", scope: { project_id: "p", environment: "", model: "", route: "", end_user: "", api_key: "", tag: "", session: "" },
    period: "month", rolling_s: null, time_zone: "UTC", unit: "usd", limit: 100, thresholds: [50, 80, 100], action: "stop", downgrade_to: null, hard_stop: true, per: null, subjects: null,
    override: null, state: "ok", counting: false, period_start: "2026-05-01T00:00:00Z", period_end: "2026-06-01T00:00:00Z", spent: 40, spent_exact: 40e9, held: 10, left: 50,
    forecast: { pace_per_day: 4, expected: 90, low: 80, high: 120, exhausted_at: null, basis: "" }, created_at: "2026-05-01T00:00:00Z", updated_at: "2026-05-01T00:00:00Z", ...over,
  };
}

describe("the bar", () => {
  it("reaches as far as the forecast may, with the limit inside it", () => {
    const bar = barOf(budget());

    expect(bar.limit).toBeCloseTo(83.33, 1);
    expect([bar.spent, bar.held].map(Math.round)).toEqual([33, 8]);
    expect(bar.interval?.to).toBe(100);
    expect(bar.thresholds.map((each) => [each.percent, each.isPassed])).toEqual([[50, false], [80, false]]);
  });

  it("never shrinks the limit to nothing, however wild the forecast is", () => {
    expect(barOf(budget({ forecast: { pace_per_day: 1, expected: 1e9, low: 1, high: 1e12, exhausted_at: null, basis: "" } })).limit).toBe(25);
  });
});

it("puts who is close first", () => {
  const names = closestFirst([budget({ name: "far", spent: 1, held: 0 }), budget({ name: "over", spent: 120 }), budget({ name: "near", spent: 85, held: 10 })]).map((each) => each.name);

  expect(names).toEqual(["over", "near", "far"]);
});

describe("the outlook", () => {
  it("says when it is used up, and how sure the end is", () => {
    const text = outlookOf(budget({ forecast: { pace_per_day: 4, expected: 130, low: 110, high: 150, exhausted_at: "2026-05-13T12:00:00Z", basis: "" } }), NOW);

    expect(text).toContain("used up in 3 days");
    expect(text).toContain("$130.00 by the end of the month (80 % sure: $110.00 to $150.00)");
  });

  it("says that it lasts, that it is used up, and what is not known", () => {
    expect(outlookOf(budget(), NOW)).toMatch(/^Lasts\. Heading for \$90\.00/);
    expect(outlookOf(budget({ spent: 100 }), NOW)).toBe("Used up. The next period begins in 21 days.");
    expect(outlookOf(budget({ counting: true }), NOW)).toContain("still being counted");
    expect(outlookOf(budget({ period: "total", period_end: null, forecast: { pace_per_day: 2, expected: null, low: null, high: null, exhausted_at: null, basis: "" } }), NOW)).toBe("$2.00 a day. Not used up in sight.");
  });
});

describe("what was typed", () => {
  const draft: Draft = {
    name: " GPT ", scope: { project: "this", environment: "", model: "gpt-*", route: "", end_user: "", api_key: "", tag: "", session: "" },
    period: "month", rollingCount: "24", rollingUnit: "hours", time_zone: "UTC", unit: "usd", limit: "$1,250.000000001", thresholds: "80, 50 %; 100", action: "notify", downgrade_to: "gpt-4o-mini", hard_stop: true,
  };

  it("keeps every nano-dollar, and gives only what the action takes", () => {
    expect(wishOf(draft)).toMatchObject({ name: "GPT", limit: "1250.000000001", thresholds: [50, 80, 100], rolling_s: null, downgrade_to: null, hard_stop: false });
  });

  it("is no wish while something is missing", () => {
    for (const over of [{ name: " " }, { limit: "0" }, { limit: "much" }, { thresholds: "50, no" }, { thresholds: "1001" }, { action: "downgrade_model" as const, downgrade_to: "" }, { period: "rolling" as const, rollingCount: "" }])
      expect(wishOf({ ...draft, ...over })).toBeNull();
  });

  it("knows a rolling window by its largest unit", () => {
    expect(rollingOf(86_400)).toEqual({ rollingCount: "1", rollingUnit: "days" });
    expect(rollingOf(5_400)).toEqual({ rollingCount: "90", rollingUnit: "minutes" });
    expect(thresholdsOf("")).toEqual([]);
  });
});
