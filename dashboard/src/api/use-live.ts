import { useEffect, useEffectEvent, useState } from "react";

import type { Parameters } from "./client";
import { listenLive, type LiveState } from "./live";
import type { SpanSummary } from "./types";

/** Calls `onSpans` for news while `enabled`; tells the state of the connection. */
export function useLiveSpans(
  parameters: Parameters,
  enabled: boolean,
  onSpans: (spans: SpanSummary[]) => void,
): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const deliver = useEffectEvent(onSpans);
  const asked = JSON.stringify(parameters);

  useEffect(() => {
    if (!enabled) return;
    return listenLive(JSON.parse(asked) as Parameters, { onSpans: (spans) => deliver(spans), onState: setState });
  }, [asked, enabled]);

  return state;
}
