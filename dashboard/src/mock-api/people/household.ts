/** A small company with its people, projects and keys: everybody who signs in to the mock gets one of his own. */
import type { ApiKey, AuditEntry, Environment, Erasure, Invitation, LoweredLimits, Organisation, Project, RedactionState, Role, Session, SsoProvider, User } from "@/api/types";

export const DEMO_PROJECT = "prj_demo";
export const EMPTY_PROJECT = "prj_empty";
export const ACME = "org_acme";

const DAY_MS = 86_400_000;

export interface Person extends User {
  hasPassword: boolean;
}

interface Membership {
  placeId: string;
  userId: string;
  role: Role;
  since: string;
}

interface OpenInvitation extends Invitation {
  placeId: string;
  token: string;
}

export interface Household {
  id: string;
  people: Person[];
  organisations: Omit<Organisation, "role" | "permissions">[];
  projects: Omit<Project, "role">[];
  memberships: Membership[];
  invitations: OpenInvitation[];
  environments: Map<string, Environment[]>;
  keys: ApiKey[];
  lowered: Map<string, LoweredLimits>;
  redaction: RedactionState;
  erasures: Erasure[];
  audit: AuditEntry[];
  sessions: Session[];
  providers: SsoProvider[];
  nextNumber: number;
}

const PEOPLE: readonly Person[] = [
  { id: "usr_ada", email: "ada@acme.example", name: "Ada Lovelace", hasPassword: true },
  { id: "usr_grace", email: "grace@acme.example", name: "Grace Hopper", hasPassword: false },
  { id: "usr_linus", email: "linus@acme.example", name: "Linus", hasPassword: false },
  { id: "usr_vera", email: "vera@acme.example", name: "Vera Rubin", hasPassword: true },
];

export const at = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

export function createHousehold(id: string): Household {
  const roles: [string, Role][] = [["usr_ada", "owner"], ["usr_grace", "admin"], ["usr_linus", "member"], ["usr_vera", "viewer"]];
  return {
    id,
    people: PEOPLE.map((person) => ({ ...person })),
    organisations: [
      { id: ACME, name: "Acme", created_at: at(-400) },
      { id: "org_side", name: "Ada’s workshop", created_at: at(-20) },
    ],
    projects: [
      { id: DEMO_PROJECT, organisation_id: ACME, name: "Acme Support", created_at: at(-380), erase_after: null },
      { id: EMPTY_PROJECT, organisation_id: ACME, name: "Search assistant", created_at: at(-2), erase_after: null },
      { id: "prj_old", organisation_id: ACME, name: "Old chatbot", created_at: at(-390), erase_after: at(5.5) },
      { id: "prj_side", organisation_id: "org_side", name: "Weekend", created_at: at(-20), erase_after: null },
    ],
    memberships: [...roles.map(([userId, role], index) => ({ placeId: ACME, userId, role, since: at(-400 + 40 * index) })), { placeId: "org_side", userId: "usr_ada", role: "owner" as const, since: at(-20) }],
    invitations: [{ id: "inv_1", placeId: ACME, email: "katherine@acme.example", role: "member", created_at: at(-1), expires_at: at(6), token: `lxi_${id}_seed` }],
    environments: new Map([[DEMO_PROJECT, [{ name: "production", created_at: at(-300) }, { name: "staging", created_at: at(-290) }]]]),
    keys: keys(),
    lowered: new Map([[DEMO_PROJECT, { burst: 2_000 }]]),
    redaction: {
      settings: {
        detectors: ["secrets", "emails", "cards"], fields: ["x-tenant"], paths: ["metadata.customer"], store_content: true, no_content_environments: [],
        patterns: [{ name: "order", expression: "ORD-\\d{6}", ignore_case: false, replacement: "[order]" }],
      },
      version: 3, updated_at: at(-12),
    },
    erasures: [
      { id: "ers_2", kind: "end_user", subject: "5b0e7d2ac91f44aa", requested_by: "user:usr_grace", requested_at: at(-0.002), step: "files", finished_at: null, erased: { spans: 214, usage: 214 }, left: {}, named: {} },
      { id: "ers_1", kind: "end_user", subject: "9f86d081884c7d65", requested_by: "user:usr_ada", requested_at: at(-9), step: "finished", finished_at: at(-8.99), erased: { spans: 812, usage: 790, dead_letters: 1 }, left: {}, named: { budgets: 1 } },
    ],
    audit: auditRows(),
    sessions: [
      session("ses_this", "browser", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", 0),
      session("ses_phone", "browser", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1", -1),
      session("ses_cli", "cli", "lynex/0.1.0 ada-laptop", -4),
    ],
    providers: [
      {
        id: "sso_1", name: "Acme", issuer: "https://login.acme.example", client_id: "lynex", email_domains: ["acme.example", "acme.test"], unconfirmed_domains: ["acme.test"],
        role_claim: "groups", role_mapping: { platform: "admin" }, default_role: "viewer", redirect_uri: "https://lynex.acme.example/v1/auth/sso/sso_1/callback", created_at: at(-90),
      },
    ],
    nextNumber: 1,
  };
}

function session(id: string, kind: Session["kind"], userAgent: string, days: number): Session {
  return { id, kind, address: days === 0 ? "192.0.2.7" : "198.51.100.23", user_agent: userAgent, created_at: at(days - 2), last_seen_at: at(days), expires_at: at(days + 28), is_this_one: days === 0 };
}

function keys(): ApiKey[] {
  const key = (id: string, name: string, over: Partial<ApiKey>): ApiKey => ({
    id, project_id: DEMO_PROJECT, name, prefix: `lx_01k9${id.slice(-5)}`, scopes: ["ingest"], state: "works", created_at: at(-120), created_by: "usr_ada", expires_at: null,
    last_used_at: at(-0.0005), revoked_at: null, replaced_by: null, allowed_networks: [], ...over,
  });
  return [
    key("key_shop1", "ingest of the support bot", {}),
    key("key_graf2", "Grafana", { scopes: ["read"], allowed_networks: ["10.0.0.0/8"], expires_at: at(41), last_used_at: at(-0.1) }),
    key("key_rota3", "nightly batch (old)", { state: "rotated", replaced_by: "key_shop1", expires_at: at(0.6), last_used_at: at(-3) }),
    key("key_revo4", "leaked in a gist", { state: "revoked", revoked_at: at(-60), last_used_at: at(-61) }),
  ];
}

function auditRows(): AuditEntry[] {
  const row = (sequence: number, days: number, action: string, who: number, target: string, before: AuditEntry["before"], after: AuditEntry["after"]): AuditEntry => {
    const person = PEOPLE[who] ?? { id: "", email: "" };
    return { sequence, id: `aud_${String(sequence).padStart(6, "0")}`, at: at(days), actor: { kind: "user", id: person.id, name: person.email, address: "192.0.2.7" }, action, project_id: DEMO_PROJECT, target, before, after, hash: `${sequence}`.repeat(64).slice(0, 64) };
  };
  const named = [
    row(128, -0.01, "key.changed", 0, "key_graf2", { name: "Grafana", scopes: ["read", "admin"] }, { name: "Grafana", scopes: ["read"] }),
    row(127, -0.4, "member.role_changed", 1, "usr_linus", { role: "viewer" }, { role: "member" }),
    row(126, -1, "invitation.created", 0, "inv_1", null, { email: "katherine@acme.example", role: "member" }),
    row(125, -12, "redaction.changed", 1, DEMO_PROJECT, { patterns: [] }, { patterns: [{ name: "order", expression: "ORD-\\d{6}" }] }),
  ];
  const older = Array.from({ length: 120 }, (_, index) => row(124 - index, -13 - index, index % 2 === 0 ? "key.created" : "sign_in.failed", index % 4, `key_${1000 + index}`, null, { name: `key ${index}` }));
  return [...named, ...older];
}

/** An id that is new in this household. */
export function newId(household: Household, kind: string): string {
  household.nextNumber += 1;
  return `${kind}_${household.nextNumber}_${household.id.slice(0, 6)}`;
}
