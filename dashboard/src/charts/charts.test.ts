import { describe, expect, it } from "vitest";

import { chartOption, escapeHtml } from "./options";
import { paletteOf, seriesColour } from "./palette";
import { sparklinePath } from "./sparkline-path";

const frame = { start: 0, end: 120_000, stepMs: 60_000, format: String, formatAxis: String };

describe("chart options", () => {
  it("draws a bar in the middle of the step it stands for", () => {
    const option = chartOption([{ name: "calls", points: [[0, 3]], shape: "bar" }], frame, paletteOf(false));

    expect(option.series[0]?.data).toEqual([[30_000, 3]]);
  });

  it("keeps gaps where nothing is known", () => {
    const option = chartOption([{ name: "p95", points: [[0, null]], shape: "line" }], frame, paletteOf(true));

    expect(option.series[0]?.data).toEqual([[0, null]]);
  });

  it("draws a value that stands alone as a dot, which no line would show", () => {
    const line = (points: [number, number | null][]) => chartOption([{ name: "p95", points, shape: "line" }], frame, paletteOf(true)).series[0];
    const alone = line([[0, null], [1, 4], [2, null]]);

    expect(alone).toMatchObject({ showSymbol: true });
    expect(line([[0, 3], [1, 4]])).toMatchObject({ showSymbol: false });
    const { symbol } = alone as unknown as { symbol: (value: unknown, at: { dataIndex: number }) => string };
    expect([0, 1, 2].map((dataIndex) => symbol(null, { dataIndex }))).toEqual(["none", "circle", "none"]);
  });

  it("never lets a client's model name become markup", () => {
    const option = chartOption([], frame, paletteOf(false));
    const html = option.tooltip.formatter([{ seriesName: "<img onerror=x>", color: "red", value: [0, 1], seriesType: "line" }]);

    expect(html).not.toContain("<img");
    expect(escapeHtml(`"'&`)).toBe("&quot;&#39;&amp;");
  });

  it("paints the rest grey and never gives a named series that grey", () => {
    const palette = paletteOf(false);
    const grey = seriesColour(palette, 0, "(other)");

    expect(Array.from({ length: 20 }, (_, index) => seriesColour(palette, index, "m"))).not.toContain(grey);
  });
});

describe("sparkline", () => {
  it("is flat at the bottom when all is zero, and empty when nothing is known", () => {
    expect(sparklinePath([0, 0], 100, 20).line).toBe("M0,18.5L100,18.5");
    expect(sparklinePath([null], 100, 20).line).toBe("");
  });
});
