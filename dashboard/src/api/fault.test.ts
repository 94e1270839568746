import { describe, expect, it } from "vitest";

import { faultInWords } from "./fault";

describe("what is wrong with an input", () => {
  it("is named as people would, and counted from one", () => {
    expect(faultInWords([{ field: "body.base_url", reason: "must begin with https://" }])).toBe("base URL: must begin with https://");
    expect(faultInWords([{ field: "body.guardrails.blocked_input.1", reason: "no expression" }])).toBe("guardrails blocked input 2: no expression");
    expect(faultInWords([{ field: "body", reason: "malformed" }])).toBe("malformed");
  });

  it("is nothing where the server lists no faults", () => {
    expect(faultInWords(undefined)).toBeNull();
    expect(faultInWords([])).toBeNull();
  });
});
