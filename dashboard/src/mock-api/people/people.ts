/** Signing in, and the households of those who did. */
import type { SignedIn } from "@/api/types";

import { nothing, ok, problem, type Answer } from "../answer.ts";
import { matched, text, type Call, type Request, type Route } from "./call.ts";
import { at, createHousehold, DEMO_PROJECT, EMPTY_PROJECT, type Household, type Person } from "./household.ts";
import { ME_ROUTES } from "./me.ts";
import { PLACE_ROUTES } from "./places.ts";
import { SETTINGS_ROUTES } from "./settings.ts";

const ROUTES: readonly Route[] = [...ME_ROUTES, ...PLACE_ROUTES, ...SETTINGS_ROUTES];
const PASSWORD = "seven quiet lanterns";
const MOST_HOUSEHOLDS = 500;

export class People {
  private readonly households = new Map<string, Household>();

  /** An answer about people and what is theirs; null for what is none of this. */
  answer(request: Request, key: { projectId: string } | null): Answer | null {
    const entrance = this.entrance(request);
    if (entrance !== null) return entrance;
    for (const [method, pattern, answer] of ROUTES) {
      const parts = method === request.method ? matched(pattern, request.path) : null;
      if (parts === null) continue;
      const call = this.callOf(request, key, parts);
      return "status" in call ? call : answer(call);
    }
    return null;
  }

  /** The project that a signed-in person looks at; an answer where nobody is, or it is not his. */
  projectOf(request: Request): string | Answer {
    const call = this.callOf(request, null, []);
    if ("status" in call) return call;
    return call.projectId;
  }

  private callOf(request: Request, key: { projectId: string } | null, parts: readonly string[]): Call | Answer {
    if (key !== null) return { ...request, household: this.household("keys"), person: null, projectId: key.projectId, parts };
    const [household, person] = this.personOf(request.cookies.lynex_session ?? "");
    if (household === null || person === null) return problem(401, "unauthorized", "Sign in first.");
    const isChange = request.method !== "GET";
    if (isChange && request.headers["x-lynex-csrf"] !== csrfOf(household)) return problem(403, "forbidden", "X-Lynex-CSRF must carry the token that GET /v1/auth/csrf gives.");
    const projectId = /^\/v1\/projects\/([^/]+)/.exec(request.path)?.[1] ?? String(request.headers["x-lynex-project"] ?? request.query.get("project_id") ?? "");
    return { ...request, household, person, projectId, parts };
  }

  private personOf(cookie: string): [Household | null, Person | null] {
    const [householdId, userId] = cookie.split(".");
    if (!householdId || !userId) return [null, null];
    const household = this.household(householdId);
    return [household, household.people.find((each) => each.id === userId) ?? null];
  }

  private household(id: string): Household {
    const known = this.households.get(id);
    if (known !== undefined) return known;
    const [oldest] = this.households.keys();
    if (this.households.size >= MOST_HOUSEHOLDS && oldest !== undefined) this.households.delete(oldest);
    const made = createHousehold(id);
    this.households.set(id, made);
    return made;
  }

  private entrance(request: Request): Answer | null {
    const { method, path, body, cookies } = request;
    const isFresh = cookies.lynex_mock === "fresh";
    switch (`${method} ${path}`) {
      case "GET /v1/auth/options":
        return ok({ mail: cookies.lynex_mock === "mail", password: true, owner_exists: !isFresh, sso: request.query.get("domain") === "acme.example" ? [{ id: "sso_1", name: "Acme" }] : [] });
      case "POST /v1/auth/links":
        return ok({ expires_in_s: 900, link: cookies.lynex_mock === "mail" ? null : `http://${String(request.headers.host)}/sign-in#token=link-of-ada` }, 202);
      case "POST /v1/auth/links/redeem":
        return this.redeem(request, isFresh);
      case "POST /v1/auth/password":
        return text(body, "password") === PASSWORD ? this.letIn(newHouseholdId(), text(body, "email")) : problem(401, "unauthorized", "This address and password do not belong together.");
      case "POST /v1/auth/invitations":
        return this.join(request);
      case "POST /v1/invitations/accept":
        return ok({ organisation_id: "org_acme", project_id: null, role: "member" });
      case "POST /v1/auth/sign-out":
        return { ...nothing(), headers: { "Set-Cookie": "lynex_session=; Path=/; Max-Age=0" } };
      case "GET /v1/auth/csrf": {
        const [household] = this.personOf(cookies.lynex_session ?? "");
        return household === null ? problem(401, "unauthorized", "Sign in first.") : ok({ csrf_token: csrfOf(household) });
      }
      case "GET /v1/auth/cli/BCDF-GHJK":
        return ok({ user_code: "BCDF-GHJK", address: "192.0.2.7", user_agent: "lynex/0.1.0 ada-laptop", created_at: at(-0.0003) });
      case "POST /v1/auth/cli/confirm":
        return nothing();
      default:
        return path.startsWith("/v1/auth/") ? problem(404, "not_found", "No command line waits with this code.") : null;
    }
  }

  private redeem({ body }: Request, isFresh: boolean): Answer {
    if (text(body, "token") === "link-of-ada") return this.letIn(newHouseholdId(), "ada@acme.example");
    if (!isFresh || text(body, "token") !== "first") return problem(401, "unauthorized", "This link does not work, or not any more. Ask for a new one.");
    if (text(body, "password") === "password1234") return problem(422, "invalid_input", "this is one of the passwords that are guessed first", "password");
    const household = this.household(newHouseholdId());
    const owner: Person = { id: "usr_first", email: text(body, "email"), name: text(body, "name"), hasPassword: text(body, "password") !== "" };
    Object.assign(household, {
      people: [owner], memberships: [{ placeId: "org_acme", userId: owner.id, role: "owner", since: at(0) }], invitations: [], keys: [], audit: [], erasures: [], providers: [],
      organisations: household.organisations.slice(0, 1), projects: household.projects.filter((each) => each.id === EMPTY_PROJECT),
    });
    return signedIn(household, owner);
  }

  /** The token names the household that invites. */
  private join({ body }: Request): Answer {
    const [, householdId = ""] = text(body, "token").split("_");
    const household = this.household(householdId);
    const invitation = household.invitations.find((each) => each.token === text(body, "token"));
    if (invitation === undefined) return problem(404, "not_found", "This invitation is not open, or not any more.");
    if (household.people.some((each) => each.email === invitation.email)) return problem(409, "conflict", "This address has an account: sign in and accept.");
    household.invitations = household.invitations.filter((each) => each !== invitation);
    const person: Person = { id: `usr_${household.people.length}`, email: invitation.email, name: text(body, "name"), hasPassword: text(body, "password") !== "" };
    household.people.push(person);
    household.memberships.push({ placeId: invitation.placeId, userId: person.id, role: invitation.role, since: at(0) });
    return signedIn(household, person);
  }

  private letIn(householdId: string, email: string): Answer {
    const household = this.household(householdId);
    const person = household.people.find((each) => each.email === email.toLowerCase());
    return person === undefined ? problem(401, "unauthorized", "This address and password do not belong together.") : signedIn(household, person);
  }
}

/** Which world of spans a project shows. */
export const hasSpans = (projectId: string): boolean => projectId === DEMO_PROJECT;

const csrfOf = (household: Household): string => `csrf-${household.id}`;
const newHouseholdId = (): string => Math.random().toString(36).slice(2, 12);

function signedIn(household: Household, person: Person): Answer {
  const body: SignedIn = { user: { id: person.id, email: person.email, name: person.name }, csrf_token: csrfOf(household), expires_at: at(30), token: null };
  return { ...ok(body), headers: { "Set-Cookie": `lynex_session=${household.id}.${person.id}; Path=/; HttpOnly; SameSite=Lax` } };
}
