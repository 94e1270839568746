/** Every address of the dashboard, typed. Nothing else writes a URL by hand. */
import type { Scope } from "@/scope/scope";

export const TRACE_TABS = ["traces", "spans", "sessions"] as const;
export type TraceTab = (typeof TRACE_TABS)[number];

export const paths = {
  overview: (scope: Scope = {}) => ({ to: "/", search: scope }) as const,
  traces: (scope: Scope = {}, tab?: TraceTab) => ({ to: "/traces", search: { ...scope, tab } }) as const,
  trace: (traceId: string, span?: string) => ({ to: "/traces/$traceId", params: { traceId }, search: { span } }) as const,
  deadLetters: (letter?: string) => ({ to: "/dead-letters", search: { letter } }) as const,
  connect: () => ({ to: "/connect" }) as const,
};
