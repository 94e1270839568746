import { expect, it } from "vitest";

import { chartOf } from "./chart";

const period = (start: string, end: string, spent: number) => ({ start, end, spent, spent_exact: spent, percent: 0 });

it("draws past periods oldest first, under the limit, with room around few of them", () => {
  const { series, frame } = chartOf([period("2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z", 4), period("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z", 9)], 10);

  expect(series[0]?.points.map(([, spent]) => spent)).toEqual([9, 4]);
  expect(series[1]?.points).toEqual([[frame.start, 10], [frame.end, 10]]);
  expect((frame.end - frame.start) / frame.stepMs).toBe(12);
});

it("has no line where no limit holds for a bar", () => {
  expect(chartOf([period("2026-05-01T00:00:00Z", "2026-05-01T01:00:00Z", 1)], null).series).toHaveLength(1);
});
