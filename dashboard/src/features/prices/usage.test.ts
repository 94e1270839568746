import { expect, it } from "vitest";

import { usageOf } from "./usage";

it("leaves out what was not typed, for nothing is not zero", () => {
  expect(usageOf({ input_tokens: "1,200", output_tokens: "", cache_read_tokens: "0" })).toEqual({ input_tokens: 1200, cache_read_tokens: 0 });
  expect(usageOf({ input_tokens: "1.5" })).toBeNull();
  expect(usageOf({ input_tokens: "-1" })).toBeNull();
});
