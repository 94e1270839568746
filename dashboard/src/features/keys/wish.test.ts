import { expect, it } from "vitest";

import { endOf, expiryOptions, linesOf } from "./wish";

const NOW = new Date("2026-05-10T12:00:00Z");

it("turns a choice into the end of a key", () => {
  expect(endOf("never", NOW)).toBeNull();
  expect(endOf("keep", NOW)).toBeUndefined();
  expect(endOf("30", NOW)).toBe("2026-06-09T12:00:00.000Z");
});

it("offers to keep an end only where there is one", () => {
  expect(expiryOptions(null).map((option) => option.value)).not.toContain("keep");
  expect(expiryOptions("2026-06-09T12:00:00Z")[0]?.label).toBe("As it is: on 9 Jun 2026");
});

it("takes networks by line or comma", () => {
  expect(linesOf(" 10.0.0.0/8\n\n192.0.2.7, 2001:db8::/32 ")).toEqual(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]);
});
