import { describe, expect, it } from "vitest";

import { apiUrl } from "./client";
import { keyOfFragment } from "./key";
import { eventParser } from "./sse";

describe("apiUrl", () => {
  it("repeats a parameter for alternatives and leaves empty ones out", () => {
    expect(apiUrl("/v1/spans", { model: ["a", "b"], q: "", range: "24h", cursor: null, compare: true })).toBe(
      "/v1/spans?model=a&model=b&range=24h&compare=true",
    );
    expect(apiUrl("/v1/me")).toBe("/v1/me");
  });

  it("encodes what people type", () => {
    expect(apiUrl("/v1/spans", { q: "50% & more" })).toBe("/v1/spans?q=50%25+%26+more");
  });
});

describe("the key in the start-up link", () => {
  it("is read from the fragment only", () => {
    expect(keyOfFragment("#key=lx_abc")).toBe("lx_abc");
    expect(keyOfFragment("#other=1")).toBeNull();
    expect(keyOfFragment("#key=")).toBeNull();
    expect(keyOfFragment("")).toBeNull();
  });
});

describe("server-sent events", () => {
  it("joins an event that comes in pieces, and skips heartbeats", () => {
    const parse = eventParser();

    expect(parse("event: spans\nda")).toEqual([]);
    expect(parse('ta: [1]\n\n: still here\n\nevent: spans\ndata: [2]\n\nevent: sp')).toEqual([
      { event: "spans", data: "[1]" },
      { event: "spans", data: "[2]" },
    ]);
  });

  it("reads carriage returns and several data lines", () => {
    expect(eventParser()("data: a\r\ndata: b\r\n\r\n")).toEqual([{ event: "message", data: "a\nb" }]);
  });
});
