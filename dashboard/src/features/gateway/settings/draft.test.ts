import { describe, expect, it } from "vitest";

import { FIRST_RATE, rateInWords, wishOf, type SettingsDraft } from "./draft";

const draft = (over: Partial<SettingsDraft> = {}): SettingsDraft => ({ capture: "full", whenClientLeaves: "cancel", drainS: "30", rates: [], allowed: [], ...over });

describe("the gateway's settings while they are typed", () => {
  it("are taken as they stand", () => {
    expect(wishOf(draft({ rates: [FIRST_RATE], allowed: [{ keyId: "key_1", models: "fast\n openai/gpt-* " }] }))).toEqual({
      capture: "full", when_client_leaves: "cancel", drain_s: 30,
      rates: [{ per: "user", match: "*", requests_per_minute: 60, tokens_per_minute: 0 }],
      allowed_models: { key_1: ["fast", "openai/gpt-*"] },
    });
  });

  it("are not taken with a rule that bounds nothing, or a key twice", () => {
    expect(wishOf(draft({ rates: [{ ...FIRST_RATE, requests: "0" }] }))).toBeNull();
    expect(wishOf(draft({ allowed: [{ keyId: "key_1", models: "" }, { keyId: "key_1", models: "a" }] }))).toBeNull();
    expect(wishOf(draft({ drainS: "" }))).toBeNull();
  });

  it("says what a rule does", () => {
    expect(rateInWords(FIRST_RATE)).toBe("Each user may make 60 requests a minute.");
    expect(rateInWords({ per: "model", match: "openai/*", requests: "1", tokens: "90000" })).toBe("Each model like openai/* may make 1 request and use 90,000 tokens a minute.");
    expect(rateInWords({ ...FIRST_RATE, requests: "" })).toContain("Give");
  });
});
