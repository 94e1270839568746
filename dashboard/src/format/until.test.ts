import { expect, it } from "vitest";

import { formatDistance } from "./until";

const NOW = new Date("2026-05-10T12:00:00Z");

it.each([
  ["2026-05-13T12:00:00Z", "in 3 days"],
  ["2026-05-10T13:59:00Z", "in 1 hour"],
  ["2026-05-10T12:00:20Z", "in less than a minute"],
  ["2026-05-10T11:59:50Z", "just now"],
  ["2026-05-10T11:58:00Z", "2 minutes ago"],
  ["2026-05-09T11:00:00Z", "1 day ago"],
])("%s is %s", (iso, text) => {
  expect(formatDistance(iso, NOW)).toBe(text);
});
