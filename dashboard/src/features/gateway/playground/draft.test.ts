import { expect, it } from "vitest";

import type { GatewayRoute } from "@/api/gateway-types";

import { FIRST_DRAFT, suggestionsOf, wishesOf } from "./draft";

it("asks each model that is named the same", () => {
  const draft = { ...FIRST_DRAFT, prompt: "Hi", temperature: "0.2" };

  expect(wishesOf(draft, ["fast", " openai/o3 "])).toEqual([
    { model: "fast", system: "", prompt: "Hi", temperature: 0.2, maxTokens: null },
    { model: "openai/o3", system: "", prompt: "Hi", temperature: 0.2, maxTokens: null },
  ]);
  expect(wishesOf(draft, ["fast", ""])).toHaveLength(1);
});

it("asks nothing without a prompt, without a model, or with a figure that is none", () => {
  expect(wishesOf(FIRST_DRAFT, ["fast"])).toBeNull();
  expect(wishesOf({ ...FIRST_DRAFT, prompt: "Hi" }, [""])).toBeNull();
  expect(wishesOf({ ...FIRST_DRAFT, prompt: "Hi", maxTokens: "many" }, ["fast"])).toBeNull();
});

it("suggests what can be called as it stands", () => {
  const names = [{ id: "fast", kind: "route" as const, provider: "" }, { id: "openai/gpt-*", kind: "pattern" as const, provider: "openai" }, { id: "ollama/llama3.2", kind: "pattern" as const, provider: "ollama" }];
  const routes = [{ targets: [{ provider: "openai", model: "gpt-4.1-mini", weight: 1 }, { provider: "ollama", model: "", weight: 0 }] }] as unknown as GatewayRoute[];

  expect(suggestionsOf(names, routes)).toEqual(["fast", "openai/gpt-4.1-mini", "ollama/llama3.2"]);
});
