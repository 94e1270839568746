import { describe, expect, it } from "vitest";

import { draftOf, FIRST_ROUTE, schemaOf, wishOf } from "./draft";

const named = () => draftOf({ ...FIRST_ROUTE, name: "fast" }, "openai");

describe("a route while it is typed", () => {
  it("begins with one target of the first provider", () => {
    expect(wishOf(named())?.targets).toEqual([{ provider: "openai", model: "", weight: 1 }]);
  });

  it("comes back as it was", () => {
    const wish = {
      ...FIRST_ROUTE, name: "fast", targets: [{ provider: "openai", model: "gpt-4.1-mini", weight: 8 }, { provider: "ollama", model: "llama3.2", weight: 0 }], downgrade: { provider: "ollama", model: "" },
      cache: { ...FIRST_ROUTE.cache, mode: "exact" as const, ttl_s: 90 }, guardrails: { ...FIRST_ROUTE.guardrails, allowed_tools: ["search_*"], output_schema: { type: "object" }, repair: true },
    };

    expect(wishOf(draftOf(wish))).toEqual(wish);
  });

  it("is not taken without a name, with a share of nothing, or with a schema that is none", () => {
    expect(wishOf(draftOf(FIRST_ROUTE, "openai"))).toBeNull();
    expect(wishOf({ ...named(), shared: [{ provider: "openai", model: "", weight: "0" }] })).toBeNull();
    expect(wishOf({ ...named(), outputSchema: "{" })).toBeNull();
    expect(wishOf({ ...named(), retries: "two" })).toBeNull();
  });

  it("needs an embedding model for a semantic cache", () => {
    const draft = named();

    expect(wishOf({ ...draft, wish: { ...draft.wish, cache: { ...draft.wish.cache, mode: "semantic" } } })).toBeNull();
  });

  it("tells no tool from any tool", () => {
    expect(wishOf({ ...named(), allowsAnyTool: false })?.guardrails.allowed_tools).toEqual([]);
    expect(wishOf(named())?.guardrails.allowed_tools).toBeNull();
  });

  it("reads a schema only from an object", () => {
    expect(schemaOf("  ")).toBeNull();
    expect(schemaOf("[1]")).toBeUndefined();
    expect(schemaOf('{"type": "object"}')).toEqual({ type: "object" });
  });
});
