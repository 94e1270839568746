import { expect, it } from "vitest";

import type { Status } from "@/api/types";

import { healthOf } from "./health";

const aStatus = (given: Partial<Status> = {}): Status => ({
  version: "1",
  queue: { entries: 0, bytes: 0, oldest_age_s: 0 },
  dead_letters: 0,
  workers_alive: true,
  refused: [],
  ...given,
});

it("is calm when everything is stored", () => {
  expect(healthOf(aStatus(), false)).toEqual({ level: "good", text: "All caught up" });
});

it("does not worry about a queue that moves", () => {
  expect(healthOf(aStatus({ queue: { entries: 40, bytes: 9, oldest_age_s: 0.3 } }), false).level).toBe("good");
});

it("says so when data is late, lost to view, or not processed", () => {
  expect(healthOf(aStatus({ queue: { entries: 12_000, bytes: 9, oldest_age_s: 42 } }), false).text).toBe("12.0k waiting, oldest 42 s");
  expect(healthOf(aStatus({ dead_letters: 1 }), false).text).toBe("1 dead letter");
  expect(healthOf(aStatus({ workers_alive: false }), false).level).toBe("bad");
  expect(healthOf(undefined, true).level).toBe("bad");
});
