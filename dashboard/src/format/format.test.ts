import { describe, expect, it } from "vitest";

import { change, formatBytes, formatChange, formatCount, formatShare, plural } from "./count";
import { formatAge, formatMs, formatMsShort } from "./duration";
import { formatNanoUsd, formatSum, formatUsd, formatUsdShort } from "./money";

describe("money", () => {
  it.each([
    [12_345.6, "$12,346"],
    [1234.5, "$1,234.50"],
    [0.9999, "$1.000"],
    [0.123456, "$0.123"],
    [0.0123456, "$0.0123"],
    [0.00123, "$0.0012"],
    [0.00000042, "$0.00000042"],
    [0.000000001, "$0.000000001"],
    [0, "$0"],
    [-2.5, "−$2.50"],
  ])("shows %d as %s", (usd, expected) => {
    expect(formatUsd(usd)).toBe(expected);
  });

  it("never shows an unknown cost as an amount", () => {
    expect(formatUsd(null)).toBe("–");
    expect(formatSum({ cost_usd: 0, unpriced: 4 })).toBe("unpriced");
    expect(formatSum({ cost_usd: 0.5, unpriced: 1 })).toBe("$0.500");
    expect(formatSum({ cost_usd: 0, unpriced: 0 })).toBe("$0");
  });

  it("keeps every nano-dollar in the exact form", () => {
    expect(formatNanoUsd(1)).toBe("$0.000000001");
    expect(formatNanoUsd(1_500_000_000)).toBe("$1.50");
    expect(formatNanoUsd(0)).toBe("$0.00");
    expect(formatNanoUsd(-42_000)).toBe("−$0.000042");
  });

  it("shortens for axes", () => {
    expect([0.05, 12, 1500, 2_400_000].map(formatUsdShort)).toEqual(["$0.05", "$12", "$1.5k", "$2.4M"]);
  });
});

describe("counts", () => {
  it.each([
    [0, "0"],
    [9999, "9,999"],
    [12_345, "12.3k"],
    [1_234_567, "1.23M"],
    [2_500_000_000, "2.50B"],
    [null, "–"],
  ])("shows %s as %s", (count, expected) => {
    expect(formatCount(count)).toBe(expected);
  });

  it("keeps small shares visible", () => {
    expect(formatShare(0, 10)).toBe("0%");
    expect(formatShare(1, 100_000)).toBe("<0.01%");
    expect(formatShare(4, 10_000)).toBe("0.04%");
    expect(formatShare(123, 1000)).toBe("12.3%");
    expect(formatShare(1, 0)).toBe("–");
  });

  it("compares with the period before, and not with nothing", () => {
    expect(change(120, 100)).toBeCloseTo(0.2);
    expect(change(5, 0)).toBeNull();
    expect(change(5, null)).toBeNull();
    expect(formatChange(0.2)).toBe("+20%");
    expect(formatChange(-0.034)).toBe("−3.4%");
    expect(formatChange(11)).toBe("+12×");
    expect(formatChange(2376)).toBe("> 99×");
  });

  it("speaks of one thing or of many", () => {
    expect(plural(1, "span")).toBe("1 span");
    expect(plural(33_000, "span")).toBe("33,000 spans");
    expect(formatBytes(0)).toBe("0 B");
    expect(formatBytes(1_500_000)).toBe("1.4 MiB");
  });
});

describe("durations", () => {
  it.each([
    [null, "–"],
    [0, "0 ms"],
    [0.42, "0.42 ms"],
    [4.25, "4.3 ms"],
    [42.4, "42 ms"],
    [999.6, "1.00 s"],
    [12_340, "12.3 s"],
    [59_960, "1 m 00 s"],
    [125_000, "2 m 05 s"],
    [11_520_000, "3 h 12 m"],
  ])("shows %s ms as %s", (ms, expected) => {
    expect(formatMs(ms)).toBe(expected);
  });

  it("shortens for axes", () => {
    expect([0, 50, 2500, 90_000, 7_200_000].map(formatMsShort)).toEqual(["0", "50 ms", "2.5 s", "1.5 m", "2 h"]);
  });

  it("tells ages in one unit", () => {
    const now = new Date("2026-01-02T00:00:00Z");
    expect(formatAge(new Date("2026-01-01T23:59:58Z"), now)).toBe("just now");
    expect(formatAge(new Date("2026-01-01T23:55:00Z"), now)).toBe("5 min ago");
    expect(formatAge(new Date("2025-12-31T00:00:00Z"), now)).toBe("2 d ago");
  });
});
