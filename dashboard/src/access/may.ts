/** What somebody may do where. The server decides; this says beforehand, and in words. Pure. */
import type { Me, Permission, Role } from "@/api/types";

export const ROLES: readonly Role[] = ["viewer", "member", "admin", "owner"];

/** What each role is for, for people who choose one. */
export const ROLE_MEANINGS: Record<Role, string> = {
  viewer: "Sees everything, changes nothing.",
  member: "Also sends and replays calls, sees API keys, can stop spending.",
  admin: "Also manages keys, members, limits, redaction and prices, and reads the audit log.",
  owner: "Also deletes projects, manages sign-on, and names other owners.",
};

/** The least role for what pages do, to say whom to ask. Who may what is told by the server. */
const LEAST_ROLE: Partial<Record<Permission, Role>> = {
  "members:read": "viewer",
  "organisation:read": "viewer",
  "dead_letters:write": "member",
  "kill_switch:read": "viewer",
  "kill_switch:write": "member",
  "alerts:write": "member",
  "gateway:read": "viewer",
  "gateway:call": "member",
  "gateway:write": "admin",
  "budgets:write": "admin",
  "prices:read": "viewer",
  "prices:write": "admin",
  "keys:read": "member",
  "project:write": "admin",
  "redaction:write": "admin",
  "end_users:delete": "admin",
  "keys:write": "admin",
  "members:write": "admin",
  "audit:read": "admin",
  "organisation:write": "owner",
  "project:delete": "owner",
};

export const isAtLeast = (role: Role | null, least: Role) => role !== null && ROLES.indexOf(role) >= ROLES.indexOf(least);

/** The role in an organisation as a whole; null for who is in a project alone, and for keys. */
export function organisationRole(me: Me, organisationId: string): Role | null {
  return me.organisations.find((each) => each.id === organisationId)?.role ?? null;
}

/** Whether that role allows it, in the organisation as a whole. */
export function mayInOrganisation(me: Me, organisationId: string, permission: Permission): boolean {
  return me.organisations.some((each) => each.id === organisationId && each.permissions.includes(permission));
}

/** Why the caller may not, in the chosen project; null when he may. */
export function refusalInProject(me: Me, permission: Permission): string | null {
  if (me.permissions.includes(permission)) return null;
  return refusal(me, me.role, permission, "this project");
}

/** Why the caller may not, in an organisation; null when he may. */
export function refusalInOrganisation(me: Me, organisationId: string, permission: Permission): string | null {
  if (mayInOrganisation(me, organisationId, permission)) return null;
  return refusal(me, organisationRole(me, organisationId), permission, "this organisation");
}

function refusal(me: Me, role: Role | null, permission: Permission, place: string): string {
  if (me.kind === "api_key") return "This browser uses an API key that may not do this. Sign in as a person who may.";
  const least = LEAST_ROLE[permission] ?? "owner";
  const who = least === "owner" ? "Owners" : `${capital(least)}s and above`;
  return role === null ? `You have no role in ${place}.` : `You are ${withArticle(role)} in ${place}. ${who} can do this.`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
export const withArticle = (role: Role) => (/^[aeo]/.test(role) ? `an ${role}` : `a ${role}`);
