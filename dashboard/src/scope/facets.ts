import { useQuery } from "@tanstack/react-query";

import { fetchFacets } from "@/api/endpoints";
import type { Facets } from "@/api/types";

import { scopeParameters, type Scope } from "./scope";

/** The values that occur in the scope's time, whatever is filtered: so that a filter can be widened again. */
export function useFacets({ range, from, to }: Scope, enabled: boolean): Facets["facets"] | undefined {
  const time = scopeParameters({ range, from, to } as Scope);
  return useQuery({
    queryKey: ["facets", time],
    queryFn: ({ signal }) => fetchFacets(time, signal),
    enabled,
    staleTime: 30_000,
  }).data?.facets;
}
