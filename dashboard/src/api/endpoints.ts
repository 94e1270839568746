/** Every call the dashboard makes, by name. The features' queries are made of these. */
import { get, post, remove, send, type Parameters } from "./client";
import type {
  Breakdown,
  DeadLetterDetail,
  DeadLetterPage,
  Facets,
  Me,
  SessionPage,
  SpanDetail,
  SpanPage,
  Status,
  Summary,
  TimeSeries,
  TraceDetail,
  TracePage,
} from "./types";

const id = encodeURIComponent;

export const fetchMe = (signal?: AbortSignal) => get<Me>("/v1/me", {}, signal);

/** Who a key speaks for, without using it for anything else yet. Raises `ApiError` when it is refused. */
export const fetchMeWith = async (key: string) => (await send("GET", "/v1/me", { key })).json() as Promise<Me>;

export const fetchStatus = (signal?: AbortSignal) => get<Status>("/v1/status", {}, signal);

export const fetchFacets = (scope: Parameters, signal?: AbortSignal) => get<Facets>("/v1/facets", scope, signal);

export const fetchSummary = (scope: Parameters, signal?: AbortSignal) =>
  get<Summary>("/v1/metrics/summary", { ...scope, compare: true }, signal);

export const fetchSeries = (scope: Parameters, shape: { step?: string; group_by?: string; limit?: number }, signal?: AbortSignal) =>
  get<TimeSeries>("/v1/metrics/series", { ...scope, ...shape }, signal);

export const fetchBreakdown = (scope: Parameters, by: string, limit: number, signal?: AbortSignal) =>
  get<Breakdown>("/v1/metrics/breakdown", { ...scope, by, limit }, signal);

export const fetchTraces = (scope: Parameters, page: Page, signal?: AbortSignal) =>
  get<TracePage>("/v1/traces", { ...scope, ...page }, signal);

export const fetchSpans = (scope: Parameters, page: Page, signal?: AbortSignal) =>
  get<SpanPage>("/v1/spans", { ...scope, ...page }, signal);

export const fetchSessions = (scope: Parameters, page: Page, signal?: AbortSignal) =>
  get<SessionPage>("/v1/sessions", { ...scope, ...page }, signal);

export const fetchTrace = (traceId: string, page: Page, signal?: AbortSignal) =>
  get<TraceDetail>(`/v1/traces/${id(traceId)}`, { ...page }, signal);

export const fetchSpan = (traceId: string, spanId: string, signal?: AbortSignal) =>
  get<SpanDetail>(`/v1/spans/${id(traceId)}/${id(spanId)}`, {}, signal);

export const fetchDeadLetters = (page: Page, signal?: AbortSignal) =>
  get<DeadLetterPage>("/v1/dead-letters", { ...page }, signal);

export const fetchDeadLetter = (letterId: string, signal?: AbortSignal) =>
  get<DeadLetterDetail>(`/v1/dead-letters/${id(letterId)}`, {}, signal);

export const replayDeadLetter = (letterId: string) => post(`/v1/dead-letters/${id(letterId)}/replay`);

export const replayAllDeadLetters = () => post("/v1/dead-letters/replay-all");

export const deleteDeadLetter = (letterId: string) => remove(`/v1/dead-letters/${id(letterId)}`);

export interface Page {
  limit: number;
  cursor?: string | null;
}
