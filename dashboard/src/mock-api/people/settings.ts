/** Keys, limits, sign-on, redaction, erasures and the audit log. */
import type { ApiKey, Limits, LoweredLimits, NewApiKey, Permission, RedactionSettings, Scope, SsoProvider, Tried } from "@/api/types";

import { nothing, notFound, ok, problem, type Answer } from "../answer.ts";
import { text, type Call, type Route } from "./call.ts";
import { at, newId } from "./household.ts";
import { refused } from "./roles.ts";

const OF_PLAN: Limits = { requests_per_s: 5_000, burst: 20_000, bytes_per_s: 100_000_000, max_body_bytes: 10_000_000 };
const SECRET = "lx_01k9mock_3f0c9d1e7b5a4826";

/** Only with a permission in the chosen project. */
const may = (permission: Permission, answer: (call: Call) => Answer) => (call: Call) => refused(call, call.projectId, permission) ?? answer(call);
const mayInOrganisation = (permission: Permission, answer: (call: Call) => Answer) => (call: Call) => refused(call, call.parts[0] ?? "", permission) ?? answer(call);

const findKey = ({ household, parts }: Call): ApiKey | undefined => household.keys.find((each) => each.id === parts[0]);

function made({ household, projectId, body }: Call, over: Partial<ApiKey> = {}): Answer {
  const id = newId(household, "key");
  const key: ApiKey = {
    id, project_id: projectId, name: text(body, "name"), prefix: "lx_01k9mock", scopes: (body.scopes as Scope[] | undefined) ?? ["ingest"], state: "works", created_at: at(0), created_by: "usr_ada",
    expires_at: text(body, "expires_at") || null, last_used_at: null, revoked_at: null, replaced_by: null, allowed_networks: (body.allowed_networks as string[] | undefined) ?? [], ...over,
  };
  household.keys.unshift(key);
  const shown: NewApiKey = { ...key, secret: `${SECRET}${id}` };
  return ok(shown, 201);
}

function rotate(call: Call): Answer {
  const old = findKey(call);
  if (old === undefined) return notFound("key");
  const answer = made(call, { name: old.name, scopes: old.scopes, allowed_networks: old.allowed_networks });
  Object.assign(old, { state: "rotated", replaced_by: (answer.body as NewApiKey).id, expires_at: at(Number(call.body.overlap_s) / 86_400) });
  return answer;
}

function changeKey(call: Call): Answer {
  const key = findKey(call);
  return key === undefined ? notFound("key") : ok(Object.assign(key, call.body));
}

function revoke(call: Call): Answer {
  const key = findKey(call);
  if (key === undefined) return notFound("key");
  Object.assign(key, { state: "revoked", revoked_at: at(0) });
  return nothing();
}

function effective(lowered: LoweredLimits): Limits {
  return {
    requests_per_s: lowered.requests_per_s ?? OF_PLAN.requests_per_s, burst: lowered.burst ?? OF_PLAN.burst,
    bytes_per_s: lowered.bytes_per_s ?? OF_PLAN.bytes_per_s, max_body_bytes: lowered.max_body_bytes ?? OF_PLAN.max_body_bytes,
  };
}

function limits(call: Call, id: string): LoweredLimits {
  return { requests_per_s: null, burst: null, bytes_per_s: null, max_body_bytes: null, ...call.household.lowered.get(id) };
}

function lower(call: Call, id: string): Answer | null {
  const wish = call.body as LoweredLimits;
  if ((wish.burst ?? 0) > OF_PLAN.burst) return problem(422, "invalid_input", `burst is at most ${OF_PLAN.burst}, by the plan`, "burst");
  call.household.lowered.set(id, wish);
  return null;
}

function projectLimits(call: Call): Answer {
  const lowered = limits(call, call.projectId);
  return ok({ plan: "default", of_plan: OF_PLAN, lowered, in_effect: effective(lowered), key: null });
}

function keyLimits(call: Call): Answer {
  const lowered = limits(call, call.parts[0] ?? "");
  return ok({ api_key_id: call.parts[0], lowered, in_effect: effective(lowered) });
}

function putRedaction({ household, body, headers }: Call): Answer {
  if (headers["if-match"] !== `"${household.redaction.version}"`) return problem(412, "precondition_failed", "The settings were changed meanwhile.");
  household.redaction = { settings: body as unknown as RedactionSettings, version: household.redaction.version + 1, updated_at: at(0) };
  return ok(household.redaction);
}

const BUILT_IN: readonly [RedactionSettings["detectors"][number], string, RegExp][] = [
  ["secrets", "secret", /sk-[A-Za-z0-9-]{16,}/g],
  ["emails", "email", /[\w.+-]+@[\w-]+\.[\w.]+/g],
  ["cards", "card", /\b(?:\d[ -]?){15}\d\b/g],
];

function tryRules({ body }: Call): Answer {
  const settings = body.settings as RedactionSettings;
  const sample = body.sample as Tried["sample"];
  let input = typeof sample.input === "string" ? sample.input : JSON.stringify(sample.input);
  const hits: Tried["hits"] = [];
  const own = settings.patterns.map((pattern): [string, string, string] => [pattern.name, pattern.expression, pattern.replacement || `[redacted:${pattern.name}]`]);
  const rules = [...BUILT_IN.filter(([detector]) => settings.detectors.includes(detector)).map(([, name, expression]): [string, RegExp | string, string] => [name, expression, `[redacted:${name}]`]), ...own];
  for (const [rule, expression, mark] of rules) {
    if (typeof expression === "string" && /\(\?|[\^$]/.test(expression)) return problem(422, "invalid_input", `pattern ${rule}: anchors and look-around are not taken`);
    const found = input.match(new RegExp(expression, "g"))?.length ?? 0;
    if (found === 0) continue;
    hits.push({ rule, where: "input", count: found });
    input = input.replaceAll(new RegExp(expression, "g"), mark);
  }
  if (!settings.store_content) return ok({ sample: { ...sample, input: "" }, hits: [{ rule: "content", where: "input", count: 1 }] });
  return ok({ sample: { ...sample, input }, hits });
}

function erase({ household, parts, person }: Call): Answer {
  const made = { id: newId(household, "ers"), kind: "end_user" as const, subject: `ab${(parts[0] ?? "").length}f00dcafe9912`, requested_by: `user:${person?.id ?? ""}`, requested_at: at(0), step: "queue" as const, finished_at: null, erased: {}, left: {}, named: {} };
  household.erasures.unshift(made);
  return ok(made, 202);
}

function audit({ household, query }: Call): Answer {
  const wanted = (name: string) => query.get(name) ?? "";
  const found = household.audit.filter(
    (row) =>
      (wanted("action") === "" || row.action === wanted("action") || row.action.startsWith(`${wanted("action")}.`)) &&
      (wanted("actor") === "" || [row.actor.id, row.actor.name].includes(wanted("actor"))) &&
      (wanted("target") === "" || row.target === wanted("target")) &&
      (wanted("from") === "" || row.at >= wanted("from")) &&
      (wanted("to") === "" || row.at < wanted("to")),
  );
  const start = Number(query.get("cursor") ?? 0);
  const limit = Number(query.get("limit") ?? 100);
  return ok({ items: found.slice(start, start + limit), next_cursor: start + limit < found.length ? String(start + limit) : null });
}

function putProvider(call: Call): Answer {
  const { household, body, parts } = call;
  const issuer = text(body, "issuer");
  if (!issuer.startsWith("https://")) return problem(422, "invalid_input", "the issuer must be an https address", "issuer");
  const { client_secret: _secret, ...wish } = body;
  const id = parts[1] ?? newId(household, "sso");
  const provider = { ...wish, id, unconfirmed_domains: [], redirect_uri: `https://lynex.acme.example/v1/auth/sso/${id}/callback`, created_at: at(0) } as unknown as SsoProvider;
  household.providers = [...household.providers.filter((each) => each.id !== id), provider];
  return ok(provider, parts[1] === undefined ? 201 : 200);
}

export const SETTINGS_ROUTES: readonly Route[] = [
  ["GET", "/v1/keys", may("keys:read", ({ household, projectId }) => ok({ items: household.keys.filter((each) => each.project_id === projectId) }))],
  ["POST", "/v1/keys", may("keys:write", (call) => made(call))],
  ["PATCH", "/v1/keys/*", may("keys:write", changeKey)],
  ["DELETE", "/v1/keys/*", may("keys:write", revoke)],
  ["POST", "/v1/keys/*/rotate", may("keys:write", rotate)],
  ["GET", "/v1/keys/*/limits", may("keys:read", keyLimits)],
  ["PUT", "/v1/keys/*/limits", may("keys:write", (call) => lower(call, call.parts[0] ?? "") ?? keyLimits(call))],
  ["GET", "/v1/limits", may("project:read", projectLimits)],
  ["PUT", "/v1/projects/*/limits", may("project:write", (call) => lower(call, call.projectId) ?? projectLimits(call))],
  ["GET", "/v1/redaction", may("redaction:read", ({ household }) => ok(household.redaction))],
  ["PUT", "/v1/redaction", may("redaction:write", putRedaction)],
  ["POST", "/v1/redaction/try", may("redaction:read", tryRules)],
  ["DELETE", "/v1/end-users/*", may("end_users:delete", erase)],
  ["GET", "/v1/end-users/*/export", may("export:read", () => ({ status: 200, text: { type: "application/x-ndjson", content: '{"held":"span"}\n' } }))],
  ["GET", "/v1/erasures", may("end_users:delete", ({ household }) => ok({ items: household.erasures, next_cursor: null }))],
  ["GET", "/v1/organisations/*/audit", mayInOrganisation("audit:read", audit)],
  ["GET", "/v1/organisations/*/audit/export", mayInOrganisation("audit:read", () => ({ status: 200, text: { type: "application/zip", content: "PK" } }))],
  ["GET", "/v1/organisations/*/sso", mayInOrganisation("organisation:write", ({ household }) => ok({ items: household.providers }))],
  ["POST", "/v1/organisations/*/sso", mayInOrganisation("organisation:write", putProvider)],
  ["PUT", "/v1/organisations/*/sso/*", mayInOrganisation("organisation:write", putProvider)],
  ["DELETE", "/v1/organisations/*/sso/*", mayInOrganisation("organisation:write", ({ household, parts }) => {
    household.providers = household.providers.filter((each) => each.id !== parts[1]);
    return nothing();
  })],
];
