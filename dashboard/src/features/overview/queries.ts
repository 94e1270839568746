import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { fetchBreakdown, fetchSeries, fetchSpans, fetchSummary } from "@/api/endpoints";
import { scopeParameters, type Scope } from "@/scope/scope";

/** The first element of every key of this page: news of spans makes all of them stale at once. */
export const OVERVIEW = "overview";

const ROWS = 8;
const MOST_MODELS = 7;

/** `everyMs` is how often to ask again; false: only when something says so. */
export function useSummary(scope: Scope, everyMs: number | false) {
  const parameters = scopeParameters(scope);
  return useQuery({
    queryKey: [OVERVIEW, "summary", parameters],
    queryFn: ({ signal }) => fetchSummary(parameters, signal),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
}

export function useSeries(scope: Scope, everyMs: number | false) {
  const parameters = scopeParameters(scope);
  return useQuery({
    queryKey: [OVERVIEW, "series", parameters],
    queryFn: ({ signal }) => fetchSeries(parameters, {}, signal),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
}

export function useModelSeries(scope: Scope, everyMs: number | false) {
  const parameters = scopeParameters(scope);
  return useQuery({
    queryKey: [OVERVIEW, "series-by-model", parameters],
    queryFn: ({ signal }) => fetchSeries(parameters, { group_by: "model", limit: MOST_MODELS }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
}

export function useBreakdown(scope: Scope, by: "model" | "route" | "end_user", everyMs: number | false) {
  const parameters = scopeParameters(scope);
  return useQuery({
    queryKey: [OVERVIEW, "breakdown", by, parameters],
    queryFn: ({ signal }) => fetchBreakdown(parameters, by, ROWS, signal),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
}

/** Whether the project has no span at all, at any time. Asked only when the scope is empty. */
export function useIsNewProject(enabled: boolean): boolean {
  const spans = useQuery({
    queryKey: [OVERVIEW, "any-span"],
    queryFn: ({ signal }) => fetchSpans({}, { limit: 1 }, signal),
    enabled,
    refetchInterval: enabled ? 3_000 : false,
  });
  return enabled && spans.data?.items.length === 0;
}
