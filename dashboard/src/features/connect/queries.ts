import { useMutation, useQuery } from "@tanstack/react-query";

import { fetchMe, fetchMeWith } from "@/api/endpoints";
import { setApiKey } from "@/api/key";

export function useIdentity(enabled = true) {
  return useQuery({ queryKey: ["me"], queryFn: ({ signal }) => fetchMe(signal), staleTime: 60_000, enabled });
}

/** Tries a key and keeps it only if the server knows it. */
export function useSignIn() {
  return useMutation({ mutationFn: fetchMeWith, onSuccess: (_me, key) => setApiKey(key) });
}
