import { describe, expect, it } from "vitest";

import type { OwnPrice } from "@/api/control-types";

import { draftOf, endedWish, factorsOf, FIRST_TERMS, gpuUsdPerMillion, hoursOf, perInWords, termsInWords, termsOf } from "./terms";

describe("terms as typed", () => {
  it("keep every digit of an amount", () => {
    const terms = termsOf({ ...FIRST_TERMS, rates: [{ unit: "input_tokens", usd: " 0.075 ", above: "" }, { unit: "output_tokens", usd: "", above: "" }, { unit: "cache_read_tokens", usd: "0.0187500001", above: "200000" }] });

    expect(terms?.rates).toEqual([{ unit: "input_tokens", usd: "0.075", above_input_tokens: 0 }, { unit: "cache_read_tokens", usd: "0.0187500001", above_input_tokens: 200_000 }]);
  });

  it("are none while something is missing or wrong", () => {
    expect(termsOf(FIRST_TERMS)).toBeNull();
    expect(termsOf({ ...FIRST_TERMS, kind: "flat", flat: "-1" })).toBeNull();
    expect(termsOf({ ...FIRST_TERMS, kind: "gpu_hour", gpuHour: "2.40", busyPercent: "0" })).toBeNull();
    expect(termsOf({ ...FIRST_TERMS, kind: "factor", factor: "0.85", tiers: "batch half" })).toBeNull();
  });

  it("read factors of tiers, regions and hours", () => {
    expect(factorsOf("batch 0.5\nflex: 0.7")).toEqual({ batch: "0.5", flex: "0.7" });
    expect(hoursOf("16:30-00:30 0.5")).toEqual([{ from_time: "16:30", until_time: "00:30", factor: "0.5" }]);
    expect(hoursOf("night 0.5")).toBeNull();
  });

  it("come back as they were", () => {
    const wish = termsOf({ ...FIRST_TERMS, kind: "gpu_hour", gpuHour: "2.40", gpus: "2", tokensPerS: "1500", busyPercent: "40", tiers: "batch 0.5" });

    expect(termsOf(draftOf({ ...wish, busy_share: "0.4" } as OwnPrice["terms"]))).toEqual(wish);
  });
});

it("says a price in words, and compares a GPU with a cloud", () => {
  const gpu = termsOf({ ...FIRST_TERMS, kind: "gpu_hour", gpuHour: "2.40", tokensPerS: "1500", busyPercent: "40" });

  expect(gpu && termsInWords(gpu)).toBe("$2.40 per GPU hour, at 1500 tokens a second, 40 % busy");
  expect(gpu && gpuUsdPerMillion(gpu)).toBeCloseTo(1.1111, 3);
  expect([1, 3600, 1000, 1_000_000].map((per) => perInWords({ per, unit: "x" }))).toEqual(["each", "per hour", "per 1,000", "per 1M"]);
});

it("ends a price without changing what it says", () => {
  const price = { provider: "openai", model: "gpt-4o*", service_tier: "", region: "", note: "n", valid_from: "2026-01-01T00:00:00Z", terms: { kind: "factor" } } as OwnPrice;

  expect(endedWish(price, new Date("2026-05-10T12:00:00Z"))).toMatchObject({ model: "gpt-4o*", valid_from: "2026-01-01T00:00:00Z", valid_until: "2026-05-10T12:00:00.000Z" });
});
