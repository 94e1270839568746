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
