import { expect, it } from "vitest";

import type { Usage } from "@/api/types";

import { costStory, flagMeaning, usageRows } from "./usage-rows";

const aUsage = (given: Partial<Usage> = {}): Usage => ({
  input_tokens: null, output_tokens: null, cache_read_tokens: null, cache_write_5m_tokens: null, cache_write_1h_tokens: null,
  reasoning_tokens: null, input_audio_tokens: null, output_audio_tokens: null, input_image_tokens: null, output_image_tokens: null,
  ...given,
});

it("tells what nobody reported from zero (litellm#37992)", () => {
  expect(usageRows(aUsage({ input_tokens: 0 }))).toEqual([
    { label: "Input", count: 0, isPart: false },
    { label: "Output", count: null, isPart: false },
  ]);
});

it("shows parts under their whole, and units it has no column for", () => {
  const rows = usageRows(aUsage({ input_tokens: 10, cache_read_tokens: 8, output_tokens: 5, reasoning_tokens: 2, other: { web_searches: 3 } }));

  expect(rows.map((row) => row.label)).toEqual(["Input", "read from cache", "Output", "reasoning", "web searches"]);
});

it("explains flags and sources, also those it has not met", () => {
  expect(flagMeaning("total_mismatch")).toContain("never used");
  expect(flagMeaning("brand_new_flag")).toBe("brand new flag");
  expect(costStory("unpriced").text).toContain("not free");
});
