import { expect, it } from "vitest";

import type { CallScope, KillSwitch } from "@/api/control-types";

import { routesOf, stateOf, wishOf, type Draft } from "./wish";

const EVERYTHING: CallScope = { project: "this", environment: "", model: "", route: "", end_user: "", api_key: "", tag: "", session: "" };
const DRAFT: Draft = { scope: EVERYTHING, routes: "/health\n\n /sos* , /health", reason: " runaway agent ", minutes: "60" };

it("stops nothing without a reason", () => {
  expect(wishOf({ ...DRAFT, reason: "  " }, false)).toBeNull();
  expect(wishOf(DRAFT, true)).toEqual({ scope: EVERYTHING, allow_routes: ["/health", "/sos*"], reason: "runaway agent", minutes: 60, dry_run: true });
  expect(wishOf({ ...DRAFT, minutes: "" }, false)?.minutes).toBeNull();
  expect(routesOf("")).toEqual([]);
});

it("says how a stop ended", () => {
  const now = new Date("2026-05-10T12:00:00Z");
  const stop = { active: false, until: "2026-05-09T12:00:00Z", released_at: null, released_by: "" } as KillSwitch;

  expect(stateOf(stop, now)).toMatch(/^ended by itself 9 May/);
  expect(stateOf({ ...stop, released_at: "2026-05-08T12:00:00Z", released_by: "ann" }, now)).toMatch(/^released 8 May.* by ann$/);
  expect(stateOf({ ...stop, active: true, until: null }, now)).toBe("until somebody releases it");
});
