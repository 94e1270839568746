/** Organisations, projects, environments, members and invitations. */
import type { Member, NewInvitation, Role } from "@/api/types";

import { nothing, notFound, ok, problem, type Answer } from "../answer.ts";
import { text, type Call, type Route } from "./call.ts";
import { at, newId } from "./household.ts";
import { organisationsOf, projectsOf } from "./me.ts";
import { permissionsOf, refused } from "./roles.ts";

const first = (call: Call) => call.parts[0] ?? "";
const second = (call: Call) => call.parts[1] ?? "";

function shownProject({ household, person }: Call, id: string, status = 200): Answer {
  const found = projectsOf(household, person?.id ?? "").find((each) => each.id === id);
  return found === undefined ? notFound("project") : ok(found, status);
}

function createOrganisation(call: Call): Answer {
  const { household, person, body } = call;
  const made = { id: newId(household, "org"), name: text(body, "name"), created_at: at(0) };
  household.organisations.push(made);
  household.memberships.push({ placeId: made.id, userId: person?.id ?? "", role: "owner", since: at(0) });
  return ok({ ...made, role: "owner", permissions: permissionsOf("owner") }, 201);
}

function renameOrganisation(call: Call): Answer {
  const found = call.household.organisations.find((each) => each.id === first(call));
  if (found === undefined) return notFound("organisation");
  found.name = text(call.body, "name");
  return ok(organisationsOf(call.household, call.person?.id ?? "").find((each) => each.id === found.id));
}

function createProject(call: Call): Answer {
  const { household, body } = call;
  const id = text(body, "id") || newId(household, "prj");
  if (household.projects.some((each) => each.id === id)) return problem(409, "conflict", `A project with the id '${id}' exists already.`);
  household.projects.unshift({ id, organisation_id: first(call), name: text(body, "name"), created_at: at(0), erase_after: null });
  return shownProject(call, id, 201);
}

function changeProject(call: Call, change: { name?: string; erase_after?: string | null }, status = 200): Answer {
  const found = call.household.projects.find((each) => each.id === first(call));
  if (found === undefined) return notFound("project");
  Object.assign(found, change);
  return shownProject(call, found.id, status);
}

function members(call: Call): Answer {
  const items = call.household.memberships.filter((each) => each.placeId === first(call)).map((each) => shownMember(call, each.userId));
  return ok({ items, next_cursor: null });
}

function shownMember({ household, parts }: Call, userId: string): Member {
  const membership = household.memberships.find((each) => each.placeId === parts[0] && each.userId === userId);
  const person = household.people.find((each) => each.id === userId);
  return { user: { id: userId, email: person?.email ?? "", name: person?.name ?? "" }, role: membership?.role ?? "viewer", since: membership?.since ?? at(0) };
}

function changeRole(call: Call, userId: string, role: Role): Answer {
  const found = call.household.memberships.find((each) => each.placeId === first(call) && each.userId === userId);
  if (found === undefined) return notFound("member");
  found.role = role;
  return ok(shownMember(call, userId));
}

function removeMember(call: Call, userId: string): Answer {
  const { household } = call;
  const owners = household.memberships.filter((each) => each.placeId === first(call) && each.role === "owner");
  if (owners.length === 1 && owners[0]?.userId === userId) return problem(409, "conflict", "An organisation keeps an owner: make somebody else one first.");
  household.memberships = household.memberships.filter((each) => each.placeId !== first(call) || each.userId !== userId);
  return nothing();
}

function invite(call: Call): Answer {
  const { household, body } = call;
  const id = newId(household, "inv");
  const made = { id, placeId: first(call), email: text(body, "email"), role: text(body, "role") as Role, created_at: at(0), expires_at: at(7), token: `lxi_${household.id}_${id}` };
  household.invitations.unshift(made);
  const { placeId: _place, token, ...invitation } = made;
  const host = String(call.headers.host ?? "");
  const shown: NewInvitation = { ...invitation, link: `http://${host}/invitation#token=${token}` };
  return ok(shown, 201);
}

function invitations(call: Call): Answer {
  return ok({ items: call.household.invitations.filter((each) => each.placeId === first(call)).map(({ placeId: _place, token: _token, ...invitation }) => invitation) });
}

function transfer(call: Call): Answer {
  changeRole(call, call.person?.id ?? "", "admin");
  return changeRole(call, text(call.body, "user_id"), "owner");
}

function addEnvironment({ household, parts: [projectId = ""], body }: Call): Answer {
  const known = household.environments.get(projectId) ?? [];
  const name = text(body, "name");
  if (known.some((each) => each.name === name)) return problem(409, "conflict", `There is an environment ${name} already.`);
  const made = { name, created_at: at(0) };
  household.environments.set(projectId, [...known, made]);
  return ok(made, 201);
}

/** Only with a permission in the place that the path begins with. */
const inPlace = (permission: Parameters<typeof refused>[2], answer: (call: Call) => Answer) => (call: Call) => refused(call, first(call), permission) ?? answer(call);

const ofPlace = (kind: "organisations" | "projects"): Route[] => [
  ["GET", `/v1/${kind}/*/members`, inPlace("members:read", members)],
  ["PATCH", `/v1/${kind}/*/members/*`, inPlace("members:write", (call) => changeRole(call, second(call), text(call.body, "role") as Role))],
  ["DELETE", `/v1/${kind}/*/members/*`, inPlace("members:write", (call) => removeMember(call, second(call)))],
  ["POST", `/v1/${kind}/*/leave`, inPlace("members:read", (call) => removeMember(call, call.person?.id ?? ""))],
  ["GET", `/v1/${kind}/*/invitations`, inPlace("members:read", invitations)],
  ["POST", `/v1/${kind}/*/invitations`, inPlace("members:write", invite)],
  ["DELETE", `/v1/${kind}/*/invitations/*`, inPlace("members:write", (call) => {
    call.household.invitations = call.household.invitations.filter((each) => each.id !== second(call));
    return nothing();
  })],
];

export const PLACE_ROUTES: readonly Route[] = [
  ["POST", "/v1/organisations", createOrganisation],
  ["PATCH", "/v1/organisations/*", inPlace("organisation:write", renameOrganisation)],
  ["DELETE", "/v1/organisations/*", inPlace("organisation:write", () => problem(409, "conflict", "An organisation with projects cannot be deleted."))],
  ["POST", "/v1/organisations/*/projects", inPlace("project:write", createProject)],
  ["POST", "/v1/organisations/*/transfer-ownership", inPlace("organisation:write", transfer)],
  ["PATCH", "/v1/projects/*", inPlace("project:write", (call) => changeProject(call, { name: text(call.body, "name") }))],
  ["DELETE", "/v1/projects/*", inPlace("project:delete", (call) => changeProject(call, { erase_after: at(7) }, 202))],
  ["POST", "/v1/projects/*/restore", inPlace("project:write", (call) => changeProject(call, { erase_after: null }))],
  ["GET", "/v1/projects/*/export", inPlace("export:read", () => ({ status: 200, text: { type: "application/x-ndjson", content: '{"held":"settings"}\n' } }))],
  ["GET", "/v1/projects/*/environments", inPlace("project:read", (call) => ok({ items: call.household.environments.get(first(call)) ?? [] }))],
  ["POST", "/v1/projects/*/environments", inPlace("project:write", addEnvironment)],
  ["DELETE", "/v1/projects/*/environments/*", inPlace("project:write", (call) => {
    call.household.environments.set(first(call), (call.household.environments.get(first(call)) ?? []).filter((each) => each.name !== second(call)));
    return nothing();
  })],
  ...ofPlace("organisations"),
  ...ofPlace("projects"),
];
