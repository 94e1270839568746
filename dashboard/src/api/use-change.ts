import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";

/** A change, after which what it concerns is asked for again. `onDone` is called once that is under way. */
export function useChange<V = void, R = unknown>(change: (value: V) => Promise<R>, concerns: readonly QueryKey[], onDone?: (result: R, value: V) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (result, value) => {
      for (const queryKey of concerns) void queryClient.invalidateQueries({ queryKey });
      onDone?.(result, value);
    },
  });
}
