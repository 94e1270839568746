import { describe, expect, it } from "vitest";

import { draftOf, FIRST_RULE, firingsByDay, labelsOf, matchersInWords, matchersOf, matchersText, wishOf } from "./words";

describe("matchers", () => {
  it("are read a line each, and come back as they were", () => {
    const text = "severity != critical\nmodel ~ gpt-*\nteam = search";

    expect(matchersOf(text)?.map((each) => each.how)).toEqual(["is_not", "like", "is"]);
    expect(matchersText(matchersOf(text) ?? [])).toBe(text);
    expect(matchersOf("critical")).toBeNull();
    expect(matchersInWords([])).toBe("everything");
  });

  it("are labels only where they say what is", () => {
    expect(labelsOf("team = search")).toEqual({ team: "search" });
    expect(labelsOf("team ~ s*")).toBeNull();
  });
});

describe("a rule as typed", () => {
  const first = draftOf({ ...FIRST_RULE, name: "Errors", filters: { ...FIRST_RULE.filters, model: ["gpt-4.1", "o3"] } });

  it("comes back as it was", () => {
    expect(wishOf(first)).toEqual({ ...FIRST_RULE, name: "Errors", filters: { ...FIRST_RULE.filters, model: ["gpt-4.1", "o3"] } });
  });

  it("needs a limit unless it looks for an anomaly or for nothing at all", () => {
    expect(wishOf({ ...first, limit: "" })).toBeNull();
    expect(wishOf({ ...first, limit: "", wish: { ...first.wish, condition: { ...first.wish.condition, kind: "anomaly" } } })?.condition.limit).toBeNull();
    expect(wishOf({ ...first, wish: { ...first.wish, condition: { ...first.wish.condition, kind: "no_data" } } })?.condition.limit).toBeNull();
  });

  it("keeps no filter that its metric cannot have", () => {
    const wish = wishOf({ ...first, wish: { ...first.wish, metric: "budget_percent", group_by: "model" } });

    expect(wish?.filters.model).toEqual([]);
    expect(wish?.group_by).toBe("");
  });
});

it("counts firings by day, and keeps the quiet days", () => {
  const firing = (at: string) => ({ group: "", at, until: null, value: null, summary: "" });

  expect(firingsByDay({ start: "2026-05-01T00:00:00Z", end: "2026-05-04T00:00:00Z", firings: [firing("2026-05-01T10:00:00Z"), firing("2026-05-03T01:00:00Z"), firing("2026-05-03T02:00:00Z")] })).toEqual([1, 0, 2]);
});
