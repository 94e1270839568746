import { expect, it } from "vitest";

import { actionInWords, changesOf } from "./diff";

it("puts what differs first and says which side has a field", () => {
  expect(changesOf({ name: "Shop", scopes: ["read"] }, { name: "Shop", scopes: ["read", "ingest"], expires: null })).toEqual([
    { name: "scopes", before: '["read"]', after: '["read","ingest"]' },
    { name: "expires", before: null, after: "null" },
    { name: "name", before: "Shop", after: "Shop" },
  ]);
  expect(changesOf(null, null)).toEqual([]);
});

it("reads actions aloud", () => {
  expect(actionInWords("sso_provider.changed")).toBe("sso provider changed");
});
