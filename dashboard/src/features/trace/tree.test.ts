import { describe, expect, it } from "vitest";

import type { TraceNode } from "@/api/types";

import { barOf, parentIndex, visibleNodes } from "./tree";

/** "a0 b1 c2" is a with child b with child c. */
const nodes = (text: string): TraceNode[] => text.split(" ").map((word) => ({ span_id: word[0], depth: Number(word[1]) }) as TraceNode);
const names = (some: readonly TraceNode[]) => some.map((node) => node.span_id).join("");

describe("folding", () => {
  const tree = nodes("a0 b1 c2 d2 e1 f2 g0");

  it("shows everything when nothing is folded", () => {
    expect(names(visibleNodes(tree, new Set()))).toBe("abcdefg");
  });

  it("hides what hangs below a folded span, and no more", () => {
    expect(names(visibleNodes(tree, new Set(["b"])))).toBe("abefg");
    expect(names(visibleNodes(tree, new Set(["a"])))).toBe("ag");
  });

  it("does not unfold through a folded child of a folded span", () => {
    expect(names(visibleNodes(tree, new Set(["a", "b"])))).toBe("ag");
  });

  it("folds 33,000 spans at once (mlflow#24314)", () => {
    const many = Array.from({ length: 33_000 }, (_, index) => ({ span_id: String(index), depth: index === 0 ? 0 : 1 + (index % 7) }) as TraceNode);

    expect(visibleNodes(many, new Set(["0"]))).toHaveLength(1);
  });
});

it("finds the parent's row", () => {
  const tree = nodes("a0 b1 c2 d1");

  expect([1, 2, 3].map((index) => parentIndex(tree, index))).toEqual([0, 1, 0]);
  expect(parentIndex(tree, 0)).toBe(0);
});

describe("bars", () => {
  const trace = { start_time: "2026-01-01T00:00:00.000Z", duration_ms: 1000 };

  it("lie where the span ran", () => {
    expect(barOf({ start_time: "2026-01-01T00:00:00.250Z", duration_ms: 500 }, trace)).toEqual({ left: 25, width: 50 });
  });

  it("stay inside the trace and visible, whatever the clocks said", () => {
    expect(barOf({ start_time: "2025-12-31T23:59:00Z", duration_ms: 1e9 }, trace)).toEqual({ left: 0, width: 100 });
    expect(barOf({ start_time: "2026-01-01T00:00:09Z", duration_ms: null }, trace).width).toBeCloseTo(0.4);
    expect(barOf({ start_time: trace.start_time, duration_ms: 1 }, { ...trace, duration_ms: 0 })).toEqual({ left: 0, width: 100 });
  });
});
