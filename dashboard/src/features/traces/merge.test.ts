import { expect, it } from "vitest";

import { withNewest, type ListPage } from "./merge";

const page = (ids: string, next: string | null): ListPage<string> => ({ items: [...ids], next_cursor: next });
const id = (item: string) => item;

it("puts what is new on top and shows nothing twice", () => {
  const shown = { pages: [page("cba", "1"), page("zyx", null)], pageParams: [null, "1"] };

  const merged = withNewest(shown, page("edc", "9"), id);

  expect(merged.pages.map((one) => one.items.join(""))).toEqual(["edcba", "zyx"]);
  expect(merged.pages[0]?.next_cursor).toBe("1");
});

it("moves an old trace up when it gets another span", () => {
  const shown = { pages: [page("cba", "1"), page("zyx", null)], pageParams: [null, "1"] };

  expect(withNewest(shown, page("ycb", "9"), id).pages.map((one) => one.items.join(""))).toEqual(["ycba", "zx"]);
});

it("starts over rather than leaving a hole", () => {
  const shown = { pages: [page("cba", "1")], pageParams: [null] };

  expect(withNewest(shown, page("zyx", "9"), id)).toEqual({ pages: [page("zyx", "9")], pageParams: [null] });
  expect(withNewest(undefined, page("a", null), id).pages).toHaveLength(1);
});
