import { describe, expect, it } from "vitest";

import { FIRST_PROVIDER, headersOf, wishOf, withKind } from "./draft";

describe("a provider while it is typed", () => {
  it("needs no address where the kind has one", () => {
    expect(wishOf({ ...FIRST_PROVIDER, apiKey: " sk-1 " })).toMatchObject({ name: "openai", base_url: null, models: null, api_key: "sk-1", breaker_failures: 5 });
  });

  it("needs an address for a server of one's own", () => {
    const own = withKind(FIRST_PROVIDER, "openai_compatible");

    expect(wishOf({ ...own, name: "vllm" })).toBeNull();
    expect(wishOf({ ...own, name: "vllm", baseUrl: "http://10.0.0.5:8000/v1", models: "llama-*\n\n qwen* " })).toMatchObject({ base_url: "http://10.0.0.5:8000/v1", models: ["llama-*", "qwen*"] });
  });

  it("is not taken while a figure is none", () => {
    expect(wishOf({ ...FIRST_PROVIDER, timeoutS: "ten" })).toBeNull();
  });

  it("takes the usual name of another kind, and keeps a name that was given", () => {
    expect(withKind(FIRST_PROVIDER, "anthropic").name).toBe("anthropic");
    expect(withKind({ ...FIRST_PROVIDER, name: "eu" }, "anthropic").name).toBe("eu");
  });

  it("reads a header a line", () => {
    expect(headersOf("OpenAI-Organization: org-1\n\nx-team: a: b")).toEqual({ "OpenAI-Organization": "org-1", "x-team": "a: b" });
    expect(headersOf("no header")).toBeNull();
  });
});
