import { useRef, useState } from "react";

import { useLiveSpans } from "@/api/use-live";
import type { LiveState } from "@/api/live";
import { isRolling, liveParameters, type Scope } from "@/scope/scope";

/** News comes with every batch; the list asks at most this often. */
const MERGE_EVERY_MS = 1_500;

export interface News {
  /** How many traces came that are not shown yet. */
  waiting: number;
  state: LiveState;
  show: () => void;
}

/** Brings in news while `follows`; otherwise counts it. `bringNewest` asks the server for the top of the list. */
export function useNews(scope: Scope, follows: boolean, bringNewest: () => Promise<void>): News {
  const [waiting, setWaiting] = useState<ReadonlySet<string>>(new Set());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const filters = JSON.stringify(scope);
  const [countedFor, setCountedFor] = useState(filters);
  // Other filters, other news.
  if (countedFor !== filters) {
    setCountedFor(filters);
    setWaiting(new Set());
  }
  const show = () => {
    setWaiting(new Set());
    // A failing merge leaves the list as it is; the next news tries again.
    void bringNewest().catch(() => undefined);
  };
  const state = useLiveSpans(liveParameters(scope), isRolling(scope), (spans) => {
    if (!follows) {
      setWaiting((before) => new Set([...before, ...spans.map((span) => span.trace_id)]));
    } else if (timer.current === undefined) {
      timer.current = setTimeout(() => {
        timer.current = undefined;
        show();
      }, MERGE_EVERY_MS);
    }
  });
  return { waiting: waiting.size, state, show };
}
