/** One answer while it comes. Pure: times come in. */
import type { CallFacts, ChatNews } from "@/api/gateway-call";

export interface Run {
  phase: "waiting" | "streaming" | "done" | "stopped" | "failed";
  startedMs: number;
  firstTokenMs: number | null;
  totalMs: number | null;
  text: string;
  facts: CallFacts | null;
  inputTokens: number | null;
  outputTokens: number | null;
  problem: { message: string; code: string } | null;
}

export type RunNews = ChatNews | { kind: "end" } | { kind: "stop" };

export const begun = (startedMs: number): Run => ({ phase: "waiting", startedMs, firstTokenMs: null, totalMs: null, text: "", facts: null, inputTokens: null, outputTokens: null, problem: null });

export const isUnderWay = (run: Run | null): boolean => run !== null && (run.phase === "waiting" || run.phase === "streaming");

export function withNews(run: Run, news: RunNews, nowMs: number): Run {
  if (!isUnderWay(run)) return run;
  const elapsedMs = nowMs - run.startedMs;
  switch (news.kind) {
    case "facts":
      return { ...run, facts: news.facts };
    case "text":
      return { ...run, phase: "streaming", firstTokenMs: run.firstTokenMs ?? elapsedMs, text: run.text + news.text };
    case "usage":
      return { ...run, inputTokens: news.inputTokens, outputTokens: news.outputTokens };
    case "error":
      return { ...run, phase: "failed", totalMs: elapsedMs, problem: { message: news.message, code: news.code } };
    case "stop":
      return { ...run, phase: "stopped", totalMs: elapsedMs };
    case "end":
      return { ...run, phase: "done", totalMs: elapsedMs };
  }
}

/** Output tokens a second, from the first one on; null where that is not known. */
export function tokensPerSecond(run: Run): number | null {
  if (run.outputTokens === null || run.firstTokenMs === null || run.totalMs === null) return null;
  const ms = run.totalMs - run.firstTokenMs;
  return ms <= 0 ? null : run.outputTokens / (ms / 1000);
}
