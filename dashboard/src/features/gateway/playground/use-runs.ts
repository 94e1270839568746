import { useEffect, useRef, useState } from "react";

import { ApiError } from "@/api/client";
import { streamChat, type ChatWish } from "@/api/gateway-call";

import { begun, withNews, type Run, type RunNews } from "./run";

interface Runs {
  runs: readonly Run[];
  start: (wishes: readonly ChatWish[]) => void;
  stop: () => void;
}

/** Calls side by side, all begun at once. Leaving the page stops them. */
export function useRuns(): Runs {
  const [runs, setRuns] = useState<readonly Run[]>([]);
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);

  const start = (wishes: readonly ChatWish[]) => {
    stopping.current?.abort();
    const stop = new AbortController();
    stopping.current = stop;
    setRuns(wishes.map(() => begun(performance.now())));
    wishes.forEach((wish, index) => {
      const tell = (news: RunNews) => {
        const nowMs = performance.now();
        if (stopping.current === stop) setRuns((before) => before.map((run, at) => (at === index ? withNews(run, news, nowMs) : run)));
      };
      streamChat(wish, tell, stop.signal).then(
        () => tell({ kind: "end" }),
        (error: unknown) => {
          if (stop.signal.aborted) return tell({ kind: "stop" });
          if (error instanceof ApiError && error.traceId !== null) tell({ kind: "facts", facts: { traceId: error.traceId, model: null, provider: null, cache: null } });
          tell(problemOf(error));
        },
      );
    });
  };
  return { runs, start, stop: () => stopping.current?.abort() };
}

function problemOf(error: unknown): RunNews {
  if (error instanceof ApiError) return { kind: "error", message: error.message, code: error.code };
  return { kind: "error", message: "The answer broke off.", code: "" };
}
