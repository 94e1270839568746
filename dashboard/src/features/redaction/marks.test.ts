import { expect, it } from "vitest";

import { piecesOf, sampleOf } from "./marks";

it("marks what was taken out, by built-in and own marks", () => {
  expect(piecesOf("to [redacted:email] about [order] now", ["[order]"])).toEqual([
    { text: "to ", isMark: false },
    { text: "[redacted:email]", isMark: true },
    { text: " about ", isMark: false },
    { text: "[order]", isMark: true },
    { text: " now", isMark: false },
  ]);
});

it("takes own marks literally", () => {
  expect(piecesOf("a.b", ["."])).toHaveLength(3);
  expect(piecesOf("axb", ["."])).toHaveLength(1);
});

it("reads JSON as JSON and the rest as text", () => {
  expect(sampleOf('{"a": 1}')).toEqual({ input: { a: 1 } });
  expect(sampleOf("12")).toEqual({ input: "12" });
  expect(sampleOf("{broken")).toEqual({ input: "{broken" });
});
