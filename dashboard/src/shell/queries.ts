import { useQuery } from "@tanstack/react-query";

import { fetchMe, fetchStatus } from "@/api/endpoints";

const STATUS_EVERY_MS = 10_000;

export const ME_KEY = ["me"] as const;

export function useMe() {
  return useQuery({ queryKey: ME_KEY, queryFn: ({ signal }) => fetchMe(signal), staleTime: 60_000 });
}

export function useStatus() {
  return useQuery({ queryKey: ["status"], queryFn: ({ signal }) => fetchStatus(signal), refetchInterval: STATUS_EVERY_MS });
}
