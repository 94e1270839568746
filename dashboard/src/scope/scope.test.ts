import { describe, expect, it } from "vitest";

import {
  hasFilters,
  isRolling,
  liveParameters,
  parseSearch,
  scopeOf,
  scopeParameters,
  stringifySearch,
  toggled,
  withoutFilters,
} from "./scope";

const reopened = (url: string) => scopeOf(parseSearch(url));

describe("the scope in the URL", () => {
  it("comes back as it was written", () => {
    const scope = reopened("?model=gpt-4o&model=o3&route=/chat&metadata=team:search&q=refund&range=7d&min_cost_usd=0.5");

    expect(scope).toEqual({
      model: ["gpt-4o", "o3"],
      route: ["/chat"],
      metadata: ["team:search"],
      q: "refund",
      range: "7d",
      min_cost_usd: "0.5",
    });
    expect(reopened(stringifySearch(scope))).toEqual(scope);
  });

  it("stays readable", () => {
    expect(stringifySearch({ route: ["/chat"], metadata: ["team:search"] })).toBe("?route=/chat&metadata=team:search");
    expect(stringifySearch({})).toBe("");
  });

  it("keeps numbers that are names as text", () => {
    expect(reopened("?end_user_id=42").end_user_id).toEqual(["42"]);
  });

  it("drops what it does not understand instead of failing", () => {
    expect(reopened("?range=forever&from=yesterdayish&min_tokens=lots&colour=red")).toEqual({});
    expect(reopened("?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")).toEqual({});
  });

  it("prefers a fixed time to a rolling one", () => {
    const scope = reopened("?range=7d&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z");

    expect(scope).toEqual({ from: "2026-01-01T00:00:00.000Z", to: "2026-01-02T00:00:00.000Z" });
    expect(isRolling(scope)).toBe(false);
    expect(isRolling({ range: "1h" })).toBe(true);
  });
});

describe("the scope as API parameters", () => {
  it("always names a time", () => {
    expect(scopeParameters({})).toEqual({ range: "24h" });
    expect(scopeParameters({ from: "2026-01-01T00:00:00.000Z" })).toEqual({ from: "2026-01-01T00:00:00.000Z", to: undefined });
  });

  it("leaves time and text out for the live stream, which refuses them", () => {
    expect(liveParameters({ range: "1h", q: "x", model: ["m"] })).toEqual({ model: ["m"] });
  });
});

describe("changing filters", () => {
  it("adds and removes one value", () => {
    const one = toggled({}, "model", "gpt-4o");
    const two = toggled(one, "model", "o3");

    expect(two.model).toEqual(["gpt-4o", "o3"]);
    expect(toggled(toggled(two, "model", "o3"), "model", "gpt-4o")).toEqual({});
  });

  it("clears filters but not the time", () => {
    expect(withoutFilters({ range: "7d", model: ["m"], q: "x" })).toEqual({ range: "7d" });
    expect(hasFilters({ range: "7d" })).toBe(false);
    expect(hasFilters({ q: "x" })).toBe(true);
  });
});
