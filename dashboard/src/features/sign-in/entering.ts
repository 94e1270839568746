/** What happens between being let in and seeing a page. */
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";

import { dropCarried } from "@/api/fragment";
import { apiKey, setApiKey } from "@/api/key";

import { REDEEMED } from "./queries";

/** A path of this dashboard and nothing else: a link cannot send people who sign in to another site. */
export function safePath(then: string | undefined): string {
  return then !== undefined && /^\/(?![/\\])/.test(then) && !then.startsWith("/sign-in") ? then : "/";
}

/** Goes to the page that was wanted, with nothing left of whoever was here before. */
export function useGoOn(): (then: string | undefined) => void {
  const queryClient = useQueryClient();
  const router = useRouter();
  return (then) => {
    // The link that was just used stays known while its page is still drawn: it must not be used again.
    queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== REDEEMED });
    const path = safePath(then);
    void router.navigate({ href: path } as never).then(() => {
      // An invitation is accepted after signing in: its page still needs what its link carried.
      if (!path.startsWith("/invitation")) dropCarried();
    });
  };
}

/** Goes on as the person who just signed in: a key that this browser had is forgotten. */
export function useEnter(): (then: string | undefined) => void {
  const goOn = useGoOn();
  return (then) => {
    if (apiKey() !== null) setApiKey(null);
    goOn(then);
  };
}
