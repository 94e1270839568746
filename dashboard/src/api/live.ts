/** Spans as they are stored: GET /v1/live, reconnecting with a growing pause. */
import { apiUrl, ApiError, send, type Parameters } from "./client";
import { eventParser } from "./sse";
import type { SpanSummary } from "./types";

export type LiveState = "connecting" | "open" | "broken";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

interface LiveListener {
  onSpans: (spans: SpanSummary[]) => void;
  onState: (state: LiveState) => void;
}

/** Listens until the returned function is called. A refused key or filter ends it: trying again would not help. */
export function listenLive(parameters: Parameters, listener: LiveListener): () => void {
  const stop = new AbortController();
  void run(parameters, listener, stop.signal);
  return () => stop.abort();
}

async function run(parameters: Parameters, listener: LiveListener, signal: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    listener.onState("connecting");
    try {
      const response = await send("GET", apiUrl("/v1/live", parameters), { signal });
      listener.onState("open");
      pauseMs = FIRST_PAUSE_MS;
      await read(response, listener, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
        listener.onState("broken");
        return;
      }
    }
    if (signal.aborted) return;
    listener.onState("broken");
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

async function read(response: Response, listener: LiveListener, signal: AbortSignal): Promise<void> {
  if (response.body === null) return;
  const parse = eventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) return;
    for (const event of parse(value)) {
      if (event.event === "spans") listener.onSpans(JSON.parse(event.data) as SpanSummary[]);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
