/** Every address of the dashboard, typed. Nothing else writes a URL by hand. */
import type { Scope } from "@/scope/scope";

export const TRACE_TABS = ["traces", "spans", "sessions"] as const;
export type TraceTab = (typeof TRACE_TABS)[number];

/** What the audit log can be asked for. */
export interface AuditSearch {
  scope?: string;
  actor?: string;
  action?: string;
  target?: string;
  from?: string;
  to?: string;
}

export const paths = {
  overview: (scope: Scope = {}) => ({ to: "/", search: scope }) as const,
  traces: (scope: Scope = {}, tab?: TraceTab) => ({ to: "/traces", search: { ...scope, tab } }) as const,
  trace: (traceId: string, span?: string) => ({ to: "/traces/$traceId", params: { traceId }, search: { span } }) as const,
  deadLetters: (letter?: string) => ({ to: "/dead-letters", search: { letter } }) as const,
  /** `via`: what the app did is sent, or its calls go through the gateway. */
  connect: (via?: "gateway") => ({ to: "/connect", search: { via } }) as const,

  gatewayRequests: (scope: Scope = {}) => ({ to: "/requests", search: scope }) as const,
  /** `model` and `other` are what to call, side by side. */
  playground: (model?: string, other?: string) => ({ to: "/playground", search: { model, other } }) as const,
  gatewayRoutes: () => ({ to: "/routes" }) as const,
  newGatewayRoute: () => ({ to: "/routes/new" }) as const,
  gatewayRoute: (routeId: string) => ({ to: "/routes/$routeId", params: { routeId } }) as const,
  providers: () => ({ to: "/providers" }) as const,
  gatewaySettings: () => ({ to: "/gateway-settings" }) as const,

  budgets: () => ({ to: "/budgets" }) as const,
  budget: (budgetId: string) => ({ to: "/budgets/$budgetId", params: { budgetId } }) as const,
  newBudget: () => ({ to: "/budgets/new" }) as const,
  editBudget: (budgetId: string) => ({ to: "/budgets/$budgetId/edit", params: { budgetId } }) as const,
  killSwitch: () => ({ to: "/kill-switch" }) as const,
  prices: (q?: string) => ({ to: "/prices", search: { q } }) as const,
  ownPrices: () => ({ to: "/prices/own" }) as const,
  priceCalculator: () => ({ to: "/prices/calculator" }) as const,
  unpriced: () => ({ to: "/prices/unpriced" }) as const,
  repricing: (run?: string) => ({ to: "/prices/reprice", search: { run } }) as const,
  priceSources: () => ({ to: "/prices/sources" }) as const,
  incidents: (incident?: string) => ({ to: "/alerts", search: { incident } }) as const,
  alertRules: () => ({ to: "/alerts/rules" }) as const,
  newAlertRule: () => ({ to: "/alerts/rules/new" }) as const,
  alertRule: (ruleId: string) => ({ to: "/alerts/rules/$ruleId", params: { ruleId } }) as const,
  quiet: () => ({ to: "/alerts/quiet" }) as const,
  channels: () => ({ to: "/alerts/channels" }) as const,
  digests: () => ({ to: "/alerts/digests" }) as const,
  reconciliation: () => ({ to: "/prices/reconciliation" }) as const,

  project: () => ({ to: "/settings" }) as const,
  projectMembers: () => ({ to: "/settings/members" }) as const,
  keys: () => ({ to: "/settings/keys" }) as const,
  limits: () => ({ to: "/settings/limits" }) as const,
  redaction: () => ({ to: "/settings/redaction" }) as const,
  privacy: () => ({ to: "/settings/privacy" }) as const,

  organisation: (organisationId: string) => ({ to: "/organisations/$organisationId", params: { organisationId } }) as const,
  organisationMembers: (organisationId: string) => ({ to: "/organisations/$organisationId/members", params: { organisationId } }) as const,
  sso: (organisationId: string) => ({ to: "/organisations/$organisationId/sso", params: { organisationId } }) as const,
  audit: (organisationId: string, search: AuditSearch = {}) => ({ to: "/organisations/$organisationId/audit", params: { organisationId }, search }) as const,

  account: () => ({ to: "/account" }) as const,
  /** `then` is where to go afterwards: a path of the dashboard. */
  signIn: (then?: string) => ({ to: "/sign-in", search: then === undefined || then === "/" ? {} : { then } }) as const,
  invitation: () => ({ to: "/invitation" }) as const,
};
