import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { deleteDeadLetter, fetchDeadLetter, fetchDeadLetters, replayAllDeadLetters, replayDeadLetter } from "@/api/endpoints";

const LETTERS_A_PAGE = 100;
const REFRESH_MS = 10_000;

export function useDeadLetters() {
  return useInfiniteQuery({
    queryKey: ["dead-letters"],
    queryFn: ({ pageParam, signal }) => fetchDeadLetters({ limit: LETTERS_A_PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: REFRESH_MS,
  });
}

export function useDeadLetter(id: string) {
  return useQuery({ queryKey: ["dead-letter", id], queryFn: ({ signal }) => fetchDeadLetter(id, signal) });
}

type LetterAction = { kind: "replay" | "delete"; id: string } | { kind: "replay-all" };

/** Replays or deletes; the list and the count in the navigation follow. */
export function useLetterAction(onDone: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (action: LetterAction) => {
      if (action.kind === "replay-all") await replayAllDeadLetters();
      else if (action.kind === "replay") await replayDeadLetter(action.id);
      else await deleteDeadLetter(action.id);
    },
    onSuccess: onDone,
    onSettled: () =>
      Promise.all([queryClient.invalidateQueries({ queryKey: ["dead-letters"] }), queryClient.invalidateQueries({ queryKey: ["status"] })]),
  });
}
