import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { fetchSpan, fetchTrace } from "@/api/endpoints";

const NODES_A_PAGE = 500;

/** The tree, page by page as it is scrolled: a trace of any size opens with its first page. */
export function useTrace(traceId: string) {
  return useInfiniteQuery({
    queryKey: ["trace", traceId],
    queryFn: ({ pageParam, signal }) => fetchTrace(traceId, { limit: NODES_A_PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    staleTime: 15_000,
  });
}

/** One span with its text, fetched when it is looked at: lists and trees never carry text. */
export function useSpan(traceId: string, spanId: string) {
  return useQuery({
    queryKey: ["span", traceId, spanId],
    queryFn: ({ signal }) => fetchSpan(traceId, spanId, signal),
    staleTime: 60_000,
  });
}
