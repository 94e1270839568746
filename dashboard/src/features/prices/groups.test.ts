import { expect, it } from "vitest";

import type { ListedPrice } from "@/api/control-types";

import { groupsOf } from "./groups";

const price = (over: Partial<ListedPrice>): ListedPrice => ({ source: "genai-prices", provider: "openai", model: "gpt-4o", condition: "", valid_from: null, valid_until: null, current: true, override_id: "", rates: [], ...over });

it("keeps own prices first, and puts what does not hold now aside", () => {
  const [group, other] = groupsOf([price({ source: "own" }), price({}), price({ current: false }), price({ condition: "service tier batch" }), price({ model: "o3" })]);

  expect(group?.current.map((each) => each.source)).toEqual(["own", "genai-prices"]);
  expect(group?.past).toHaveLength(2);
  expect(other?.model).toBe("o3");
});
