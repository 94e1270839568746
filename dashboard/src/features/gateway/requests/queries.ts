import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { fetchBreakdown, fetchSpans } from "@/api/endpoints";
import { fetchGatewaySummary } from "@/api/gateway-endpoints";
import type { LiveState } from "@/api/live";
import type { SpanSummary } from "@/api/types";
import { useLiveSpans } from "@/api/use-live";
import { isRolling, liveParameters, scopeParameters, type Scope } from "@/scope/scope";

import { joined, withNews } from "./news";

const PAGE_SIZE = 100;
const REASONS_MAX = 20;
const REASONS_REFRESH_MS = 10_000;
/** Counted from the calls themselves, not from totals: asked for less often. */
const SUMMARY_REFRESH_MS = 30_000;

const ofGateway = (scope: Scope): Scope => ({ ...scope, source: ["gateway"] });

/** The gateway's calls, newest first: those that were, page by page, and on top those that come. */
export function useRequests(scope: Scope, follows: boolean): { query: ReturnType<typeof useRequestPages>; rows: SpanSummary[]; waiting: number; state: LiveState; show: () => void } {
  const asked = ofGateway(scope);
  const query = useRequestPages(asked);
  const filters = JSON.stringify(asked);
  const [came, setCame] = useState<{ for: string; shown: SpanSummary[]; waiting: SpanSummary[] }>({ for: filters, shown: [], waiting: [] });
  // Other filters, other news.
  if (came.for !== filters) setCame({ for: filters, shown: [], waiting: [] });
  const state = useLiveSpans(liveParameters(asked), isRolling(asked), (spans) => {
    setCame((before) => (follows ? { ...before, shown: withNews(before.shown, [...before.waiting, ...spans]), waiting: [] } : { ...before, waiting: withNews(before.waiting, spans) }));
  });
  const show = () => setCame((before) => ({ ...before, shown: withNews(before.shown, before.waiting), waiting: [] }));
  return { query, rows: joined(came.shown, query.data?.pages.flatMap((page) => page.items) ?? []), waiting: came.waiting.length, state, show };
}

function useRequestPages(asked: Scope) {
  const parameters = scopeParameters(asked);
  return useInfiniteQuery({
    queryKey: ["gateway-requests", parameters],
    queryFn: ({ pageParam, signal }) => fetchSpans(parameters, { limit: PAGE_SIZE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
}

const timeOf = ({ range, from, to }: Scope): Scope => ({ ...(range === undefined ? {} : { range }), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });

/** How many calls were refused in the scope's time, by reason. */
export function useReasons(scope: Scope) {
  const parameters = scopeParameters({ ...timeOf(scope), source: ["gateway"], status: ["blocked"] });
  return useQuery({ queryKey: ["gateway-requests", "reasons", parameters], queryFn: ({ signal }) => fetchBreakdown(parameters, "error_type", REASONS_MAX, signal), refetchInterval: REASONS_REFRESH_MS });
}

/** What went through the gateway in the scope's time, whatever else is filtered. */
export function useSummary(scope: Scope) {
  const parameters = scopeParameters(timeOf(scope));
  return useQuery({ queryKey: ["gateway-requests", "summary", parameters], queryFn: ({ signal }) => fetchGatewaySummary(parameters, signal), refetchInterval: SUMMARY_REFRESH_MS });
}
