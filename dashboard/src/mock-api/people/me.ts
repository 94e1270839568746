/** Who asks: GET /v1/me, sessions, password, account. */
import type { Me, Organisation, Project } from "@/api/types";

import { nothing, ok, problem, type Answer } from "../answer.ts";
import { text, type Call, type Route } from "./call.ts";
import { ACME, DEMO_PROJECT, type Household } from "./household.ts";
import { permissionsOf, roleIn } from "./roles.ts";

export function organisationsOf(household: Household, userId: string): Organisation[] {
  return household.organisations
    .map((each) => {
      const role = household.memberships.find((one) => one.placeId === each.id && one.userId === userId)?.role ?? null;
      return { ...each, role, permissions: permissionsOf(role) };
    })
    .filter((each) => each.role !== null || household.projects.some((project) => project.organisation_id === each.id && roleIn(household, userId, project.id) !== null));
}

export function projectsOf(household: Household, userId: string): Project[] {
  return household.projects.map((each) => ({ ...each, role: roleIn(household, userId, each.id) })).filter((each) => each.role !== null);
}

function me({ household, person, projectId }: Call): Answer {
  if (person === null) return ok(keyHolder(projectId));
  const projects = projectsOf(household, person.id);
  const project = projectId === "" ? (projects.length === 1 ? projects[0] : undefined) : projects.find((each) => each.id === projectId);
  if (projectId !== "" && project === undefined) return problem(404, "not_found", "There is no such project.");
  const found: Me = {
    kind: "user", user: { id: person.id, email: person.email, name: person.name },
    project_id: project?.id ?? null, project_name: project?.name ?? null, organisation_id: project?.organisation_id ?? null, role: project?.role ?? null,
    api_key_id: null, api_key_name: null, scopes: null, permissions: permissionsOf(project?.role ?? null),
    organisations: organisationsOf(household, person.id), projects,
  };
  return ok(found);
}

function keyHolder(projectId: string): Me {
  const name = projectId === DEMO_PROJECT ? "Acme Support" : "New project";
  return {
    kind: "api_key", user: null, project_id: projectId, project_name: name, organisation_id: ACME, role: null, api_key_id: "key_demo", api_key_name: "first key", scopes: ["ingest", "read", "admin"],
    permissions: permissionsOf("admin").filter((each) => !each.startsWith("members:") && !each.startsWith("organisation:")),
    organisations: [{ id: ACME, name: "Acme", created_at: "2026-01-01T00:00:00Z", role: null, permissions: [] }],
    projects: [{ id: projectId, organisation_id: ACME, name, created_at: "2026-01-01T00:00:00Z", erase_after: null, role: null }],
  };
}

function changePassword({ body, person }: Call): Answer {
  if (person === null) return problem(401, "unauthorized", "Sign in first.");
  if (person.hasPassword && text(body, "old_password") !== "seven quiet lanterns") return problem(403, "forbidden", "The old password is not right.");
  if (text(body, "new_password").length < 12) return problem(422, "invalid_input", "a password has at least 12 characters", "new_password");
  person.hasPassword = true;
  return nothing();
}

export const ME_ROUTES: readonly Route[] = [
  ["GET", "/v1/me", me],
  ["DELETE", "/v1/me", () => problem(409, "conflict", "You are the last owner of Acme: make somebody else an owner first.")],
  ["GET", "/v1/me/sessions", ({ household }) => ok({ items: household.sessions })],
  ["DELETE", "/v1/me/sessions", ({ household }) => {
    const ended = household.sessions.length - 1;
    household.sessions = household.sessions.filter((each) => each.is_this_one);
    return ok({ ended });
  }],
  ["DELETE", "/v1/me/sessions/*", ({ household, parts }) => {
    household.sessions = household.sessions.filter((each) => each.id !== parts[0]);
    return nothing();
  }],
  ["GET", "/v1/me/password", ({ person }) => ok({ is_set: person?.hasPassword ?? false })],
  ["PUT", "/v1/me/password", changePassword],
];
