import { describe, expect, it } from "vitest";

import { newsOf } from "./gateway-call";

describe("an event of a streamed answer", () => {
  it("tells text and usage", () => {
    expect(newsOf('{"choices":[{"delta":{"content":"Hel"}}]}')).toEqual([{ kind: "text", text: "Hel" }]);
    expect(newsOf('{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":0}}')).toEqual([{ kind: "usage", inputTokens: 12, outputTokens: 0 }]);
  });

  it("tells an error that comes after the answer began", () => {
    expect(newsOf('{"error":{"message":"cut","code":"upstream_cut"}}')).toEqual([{ kind: "error", message: "cut", code: "upstream_cut" }]);
  });

  it("tells nothing at the end, and of what it does not know", () => {
    expect(newsOf("[DONE]")).toEqual([]);
    expect(newsOf('{"choices":[{"delta":{"role":"assistant"}}]}')).toEqual([]);
  });
});
