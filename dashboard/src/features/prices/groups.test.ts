import { expect, it } from "vitest";

import type { ListedPrice } from "@/api/control-types";

import { groupsOf, sortedRates } from "./groups";

const price = (over: Partial<ListedPrice>): ListedPrice => ({ source: "genai-prices", provider: "openai", model: "gpt-4o", condition: "", valid_from: null, valid_until: null, current: true, override_id: "", rates: [], ...over });

it("keeps own prices first, and puts what does not hold now aside", () => {
  const [group, other] = groupsOf([price({ source: "own" }), price({}), price({ current: false }), price({ condition: "service tier batch" }), price({ model: "o3" })]);

  expect(group?.current.map((each) => each.source)).toEqual(["own", "genai-prices"]);
  expect(group?.past).toHaveLength(2);
  expect(other?.model).toBe("o3");
});

it("names input and output before the rest", () => {
  const rate = (unit: string, above_input_tokens = 0) => ({ unit, usd: "1", per: 1, above_input_tokens });

  expect(sortedRates([rate("cache_write_tokens"), rate("output_tokens"), rate("input_tokens", 200_000), rate("input_tokens")]).map((each) => `${each.unit} ${each.above_input_tokens}`)).toEqual(["input_tokens 0", "input_tokens 200000", "output_tokens 0", "cache_write_tokens 0"]);
});
