import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";

import { fetchMeWith } from "@/api/endpoints";
import { setApiKey } from "@/api/key";
import { fetchSignInOptions, redeemLink, type Newcomer } from "@/api/sign-in-endpoints";

export const REDEEMED = "redeemed-link";

/** "ada@Acme.example" → "acme.example"; empty while the address is not complete. */
export function domainOf(email: string): string {
  return /^[^@\s]+@([^@\s]+\.[^@\s.]{2,})$/.exec(email.trim())?.[1]?.toLowerCase() ?? "";
}

/** The ways of signing in, with the providers for an address. */
export function useSignInOptions(email = "") {
  const domain = domainOf(email);
  return useQuery({
    queryKey: ["sign-in-options", domain],
    queryFn: ({ signal }) => fetchSignInOptions(domain, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}

/** Uses a link as soon as the page is open, and never twice: it works once. */
export function useRedeemed(token: string) {
  return useQuery({ queryKey: [REDEEMED, token], queryFn: () => redeemLink(token), staleTime: Infinity, retry: false, refetchOnWindowFocus: false, refetchOnReconnect: false });
}

export function useBecomeOwner(token: string, onDone: () => void) {
  return useMutation({ mutationFn: (newcomer: Newcomer) => redeemLink(token, newcomer), onSuccess: onDone });
}

/** Tries a key and keeps it only if the server knows it. */
export function useKeySignIn(onDone: () => void) {
  return useMutation({
    mutationFn: fetchMeWith,
    onSuccess: (_me, key) => {
      setApiKey(key);
      onDone();
    },
  });
}
