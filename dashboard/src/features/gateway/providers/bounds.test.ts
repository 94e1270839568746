import { expect, it } from "vitest";

import { boundsOf } from "./bounds";

it("says what bounds the calls to a provider", () => {
  expect(boundsOf({ timeout_s: 600, max_concurrency: 32, breaker_failures: 1, breaker_open_s: 10 })).toBe("At most 32 calls at the same time; fails when silent for 600 s; left alone for 10 s after 1 failure in a row.");
  expect(boundsOf({ timeout_s: 60, max_concurrency: 0, breaker_failures: 0, breaker_open_s: 10 })).toBe("Fails when silent for 60 s; never left alone.");
});
