/** Whose calls a budget or a kill switch is about: as the API takes it, and as people read it. Pure. */
import type { CallScope, ShownScope } from "@/api/control-types";

import type { ListFilter, Scope } from "./scope";

export type CallField = Exclude<keyof CallScope, "project">;

export const EVERY_CALL: CallScope = { project: "this", environment: "", model: "", route: "", end_user: "", api_key: "", tag: "", session: "" };

export const CALL_FIELDS: readonly { name: CallField; label: string; facet: ListFilter | null; placeholder: string; hint?: string }[] = [
  { name: "environment", label: "Environment", facet: "environment", placeholder: "any" },
  { name: "model", label: "Model", facet: "model", placeholder: "any", hint: "May hold * and ?, as in gpt-*." },
  { name: "route", label: "Route", facet: "route", placeholder: "any", hint: "May hold * and ?." },
  { name: "tag", label: "Tag", facet: "tag", placeholder: "any" },
  { name: "end_user", label: "End user", facet: "end_user_id", placeholder: "any" },
  { name: "session", label: "Session", facet: "session_id", placeholder: "any" },
  { name: "api_key", label: "API key", facet: null, placeholder: "any" },
];

/** What was shown, as it is given back. */
export function givenScope({ project_id, ...fields }: ShownScope): CallScope {
  return { ...fields, project: project_id === null ? "all" : "this" };
}

/** The conditions that are set, in words: "production", "gpt-*". */
export function conditionsOf(scope: ShownScope): { label: string; value: string }[] {
  const set = CALL_FIELDS.filter(({ name }) => scope[name] !== "").map(({ name, label }) => ({ label, value: scope[name] }));
  return scope.project_id === null ? [{ label: "Project", value: "every project" }, ...set] : set;
}

/** The calls meant, as filters of the list of traces; null where a filter cannot say it. */
export function filtersOf(scope: ShownScope): Scope | null {
  if (/[*?]/.test(scope.model + scope.route) || scope.project_id === null || scope.api_key !== "") return null;
  const filters = CALL_FIELDS.flatMap(({ name, facet }) => (facet === null || scope[name] === "" ? [] : [[facet, [scope[name]]] as const]));
  return Object.fromEntries(filters) as Scope;
}
