import { expect, it } from "vitest";

import { safePath } from "./entering";
import { domainOf } from "./queries";

it("goes back to a page of the dashboard and nowhere else", () => {
  expect(safePath("/traces?model=gpt-4.1")).toBe("/traces?model=gpt-4.1");
  for (const elsewhere of [undefined, "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-in?then=/"]) {
    expect(safePath(elsewhere)).toBe("/");
  }
});

it("asks for providers once an address looks complete", () => {
  expect(domainOf("ada@Acme.example")).toBe("acme.example");
  expect(domainOf("ada@acme")).toBe("");
  expect(domainOf("ada")).toBe("");
});
