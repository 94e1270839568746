/** The wire types by short names. Their source is the OpenAPI document: see generated.ts. */
import type { components } from "./generated";

type Schemas = components["schemas"];

export type Usage = Schemas["Usage"];
export type SpanSummary = Schemas["SpanSummary"];
export type SpanDetail = Schemas["SpanDetail"];
export type SpanPage = Schemas["SpanPage"];
export type TraceSummary = Schemas["TraceSummary"];
export type TracePage = Schemas["TracePage"];
export type TraceNode = Schemas["TraceNode"];
export type TraceDetail = Schemas["TraceDetail"];
export type SessionSummary = Schemas["SessionSummary"];
export type SessionPage = Schemas["SessionPage"];
export type MetricValues = Schemas["MetricValues"];
export type Summary = Schemas["Summary"];
export type SeriesPoint = Schemas["SeriesPoint"];
export type Series = Schemas["Series"];
export type TimeSeries = Schemas["TimeSeries"];
export type BreakdownRow = Schemas["BreakdownRow"];
export type Breakdown = Schemas["Breakdown"];
export type Facets = Schemas["Facets"];

export type Me = Schemas["Me"];
export type Status = Schemas["Status"];
export type DeadLetter = Schemas["DeadLetterSummary"];
export type DeadLetterDetail = Schemas["DeadLetterDetail"];
export type DeadLetterPage = Schemas["DeadLetterPage"];

/** RFC 9457, with the server's stable `code`. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
}
