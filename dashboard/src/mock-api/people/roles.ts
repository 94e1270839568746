/** Who may do what in the mock: the same closed list as the server's. */
import type { Permission, Role } from "@/api/types";

import { problem, type Answer } from "../answer.ts";
import type { Call } from "./call.ts";
import type { Household } from "./household.ts";

const RANKS: readonly Role[] = ["viewer", "member", "admin", "owner"];

const FROM: Record<Role, readonly Permission[]> = {
  viewer: ["spans:read", "metrics:read", "sessions:read", "export:read", "dead_letters:read", "project:read", "redaction:read", "members:read", "organisation:read", "prices:read", "budgets:read", "kill_switch:read", "alerts:read", "gateway:read"],
  member: ["events:write", "dead_letters:write", "keys:read", "reservations:write", "kill_switch:write", "alerts:write", "gateway:call"],
  admin: ["project:write", "end_users:delete", "redaction:write", "keys:write", "members:write", "audit:read", "prices:write", "budgets:write", "gateway:write"],
  owner: ["project:delete", "organisation:write"],
};

export function permissionsOf(role: Role | null): Permission[] {
  return role === null ? [] : RANKS.slice(0, RANKS.indexOf(role) + 1).flatMap((each) => FROM[each]).sort();
}

const highest = (roles: Role[]): Role | null => [...roles].sort((a, b) => RANKS.indexOf(b) - RANKS.indexOf(a))[0] ?? null;

/** In an organisation as a whole, or in a project by both. */
export function roleIn(household: Household, userId: string, placeId: string): Role | null {
  const organisationId = household.projects.find((each) => each.id === placeId)?.organisation_id;
  return highest(household.memberships.filter((each) => each.userId === userId && (each.placeId === placeId || each.placeId === organisationId)).map((each) => each.role));
}

/** The refusal of a call in a place, or null. Keys pass: theirs is the demo. */
export function refused(call: Call, placeId: string, permission: Permission): Answer | null {
  if (call.person === null) return null;
  const role = roleIn(call.household, call.person.id, placeId);
  if (role === null) return problem(404, "not_found", "There is no such project.");
  return permissionsOf(role).includes(permission) ? null : problem(403, "forbidden", `Your role here lacks the permission ${permission}.`);
}
