import { describe, expect, it } from "vitest";

import { spanTitle, traceTitle } from "./called";

describe("what a trace or span is called", () => {
  it("is its name", () => {
    expect(traceTitle({ name: "answer", models: ["gpt-4o"], trace_id: "7aa1" })).toBe("answer");
    expect(spanTitle({ name: "chat", model: "gpt-4o", span_id: "d97e" })).toBe("chat");
  });

  it("is its model where it has no name", () => {
    expect(traceTitle({ name: "", models: ["gpt-4o", "o3"], trace_id: "7aa1" })).toBe("gpt-4o");
    expect(spanTitle({ name: "", model: "gpt-4o", span_id: "d97e" })).toBe("gpt-4o");
  });

  it("is its id where it has neither", () => {
    expect(traceTitle({ name: "", models: [], trace_id: "7aa1" })).toBe("7aa1");
    expect(spanTitle({ name: "", model: "", span_id: "d97e" })).toBe("d97e");
  });
});
