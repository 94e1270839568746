import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";

import { fetchSessions, fetchSpans, fetchTraces, type Page } from "@/api/endpoints";
import type { Parameters } from "@/api/client";
import type { SessionSummary, SpanSummary, TraceSummary } from "@/api/types";
import type { TraceTab } from "@/paths";
import { scopeParameters, type Scope } from "@/scope/scope";

import { withNewest, type ListPage, type ListPages } from "./merge";

const PAGE_SIZE = 100;

export interface Lists {
  traces: TraceSummary;
  spans: SpanSummary;
  sessions: SessionSummary;
}

type Fetch<T> = (scope: Parameters, page: Page, signal?: AbortSignal) => Promise<ListPage<T>>;

const FETCHES: { [tab in TraceTab]: Fetch<Lists[tab]> } = { traces: fetchTraces, spans: fetchSpans, sessions: fetchSessions };

export const ID_OF: { [tab in TraceTab]: (row: Lists[tab]) => string } = {
  traces: (trace) => trace.trace_id,
  spans: (span) => `${span.trace_id}/${span.span_id}`,
  sessions: (session) => session.session_id,
};

const keyOf = (tab: TraceTab, scope: Scope) => ["list", tab, scopeParameters(scope)];

/** A list, page by page, and a way to bring in what is newer than its top. */
export function useList<K extends TraceTab>(tab: K, scope: Scope) {
  const queryClient = useQueryClient();
  const fetchPage = FETCHES[tab] as Fetch<Lists[K]>;
  const parameters = scopeParameters(scope);
  const key = keyOf(tab, scope);
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage(parameters, { limit: PAGE_SIZE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    // News merges in at the top; asking for every page again would move the rows under the reader.
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const bringNewest = async () => {
    const fresh = await fetchPage(parameters, { limit: PAGE_SIZE });
    queryClient.setQueryData<ListPages<Lists[K]>>(key, (before) => withNewest(before, fresh, ID_OF[tab] as (row: Lists[K]) => string));
  };
  return { query, bringNewest };
}

/** Whether the project has no span at all, at any time. */
export function useIsNewProject(enabled: boolean): boolean {
  const spans = useQuery({
    queryKey: ["list", "any-span"],
    queryFn: ({ signal }) => fetchSpans({}, { limit: 1 }, signal),
    enabled,
    refetchInterval: enabled ? 3_000 : false,
  });
  return enabled && spans.data?.items.length === 0;
}
