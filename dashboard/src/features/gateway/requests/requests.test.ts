import { describe, expect, it } from "vitest";

import type { SpanSummary } from "@/api/types";
import { formatRefusal } from "@/format/refusal";

import { joined, NEWS_MAX, withNews } from "./news";
import { shownOf } from "./shown";

const span = (id: string, second: number, over: Partial<SpanSummary> = {}) => ({ trace_id: id, span_id: "1", start_time: `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`, ...over }) as SpanSummary;

describe("calls as they come", () => {
  it("stand newest first and never twice", () => {
    const news = withNews([span("a", 1)], [span("c", 3), span("b", 2), span("a", 1, { status: "ok" })]);

    expect(news.map((each) => each.trace_id)).toEqual(["c", "b", "a"]);
    expect(joined(news, [span("a", 1), span("z", 0)]).map((each) => each.trace_id)).toEqual(["c", "b", "a", "z"]);
  });

  it("are bounded", () => {
    const many = Array.from({ length: NEWS_MAX + 5 }, (_, index) => span(`t${index}`, 1));

    expect(withNews([], many)).toHaveLength(NEWS_MAX);
  });
});

describe("what is shown of them", () => {
  it("is read from the statuses in the address", () => {
    expect(shownOf(undefined)).toBe("all");
    expect(shownOf(["timeout", "error"])).toBe("failed");
    expect(shownOf(["blocked", "error"])).toBeNull();
  });

  it("names reasons, also those that are new", () => {
    expect(formatRefusal("budget_exceeded")).toBe("Budget used up");
    expect(formatRefusal("too_odd")).toBe("too odd");
    expect(formatRefusal("upstream_429")).toBe("Provider answered 429");
  });
});
