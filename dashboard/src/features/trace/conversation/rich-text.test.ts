import { expect, it } from "vitest";

import { blocksOf } from "./rich-text";

it("finds code fences, code and bold", () => {
  expect(blocksOf("Use **this**: `x`\n```py\nprint(1)\n```\nDone")).toEqual([
    { type: "prose", inlines: [{ type: "text", text: "Use " }, { type: "bold", text: "this" }, { type: "text", text: ": " }, { type: "code", text: "x" }] },
    { type: "code", text: "print(1)" },
    { type: "prose", inlines: [{ type: "text", text: "Done" }] },
  ]);
});

it("survives a fence that a cut-off stream never closed", () => {
  expect(blocksOf("```js\nlet a")).toEqual([{ type: "code", text: "let a" }]);
});

it("leaves everything else as it is written", () => {
  const text = "2 * 3 * 4 and <b>not markup</b>";

  expect(blocksOf(text)).toEqual([{ type: "prose", inlines: [{ type: "text", text }] }]);
});
