import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";

import { ApiError } from "@/api/client";
import { fetchTrace } from "@/api/endpoints";
import { formatCount } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatSum, UNPRICED } from "@/format/money";
import { formatRefusal } from "@/format/refusal";
import { paths } from "@/paths";
import { Badge, UnpricedBadge } from "@/ui/badge";
import { CopyButton } from "@/ui/copy-button";

import { isUnderWay, tokensPerSecond, type Run } from "./run";

/** A call's trace can be read a moment after the call; then its cost is known. */
const ASK_AGAIN_MS = 1_000;
const TRIES_MAX = 10;

function useTraceOf(run: Run) {
  const traceId = run.facts?.traceId ?? null;
  return useQuery({
    queryKey: ["playground-trace", traceId],
    queryFn: ({ signal }) => (traceId === null ? null : fetchTrace(traceId, { limit: 1 }, signal)),
    enabled: traceId !== null && !isUnderWay(run),
    retry: (tries, error) => error instanceof ApiError && error.status === 404 && tries < TRIES_MAX,
    retryDelay: ASK_AGAIN_MS,
    staleTime: Infinity,
  });
}

/** One answer with its figures. */
export function AnswerCard({ model, run }: { model: string; run: Run }) {
  const trace = useTraceOf(run);
  const { facts } = run;
  const speed = tokensPerSecond(run);
  const answeredBy = facts?.model == null ? null : facts.provider === null ? facts.model : `${facts.provider}/${facts.model}`;
  return (
    <section aria-label={`Answer of ${model}`} aria-busy={isUnderWay(run)} className="flex min-w-0 flex-col rounded-lg border border-line bg-surface shadow-card">
      <header className="flex min-h-11 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-4 py-2">
        <h2 className="truncate font-mono text-sm font-semibold">{model}</h2>
        {answeredBy !== null && answeredBy !== model && facts?.model !== model && <span className="truncate text-xs text-muted">answered by {answeredBy}</span>}
        {facts?.cache === "hit" && <Badge tone="info">from the cache</Badge>}
        {run.phase === "stopped" && <Badge tone="warn">stopped</Badge>}
        {run.phase === "failed" && <Badge tone="bad">{formatRefusal(run.problem?.code || "failed")}</Badge>}
        <span className="ml-auto">{run.text !== "" && <CopyButton text={run.text} label={`Copy the answer of ${model}`} />}</span>
      </header>
      <div role="log" aria-label={`Text of ${model}`} tabIndex={0} className="max-h-[52vh] min-h-32 flex-1 overflow-y-auto px-4 py-3 text-sm leading-6 break-words whitespace-pre-wrap outline-offset-[-2px]">
        {run.text}
        {run.phase === "waiting" && (
          <span className="flex items-center gap-2 text-muted">
            <LoaderCircle aria-hidden className="size-4 animate-spin" />
            Waiting for the first token…
          </span>
        )}
        {run.phase === "streaming" && <span aria-hidden className="ml-0.5 inline-block h-4 w-1.5 animate-pulse bg-accent align-text-bottom" />}
        {run.problem !== null && (
          <p role="alert" className="mt-2 rounded-md bg-bad-soft px-3 py-2 text-bad">
            {run.problem.message}
          </p>
        )}
      </div>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 border-t border-line px-4 py-3 sm:grid-cols-4">
        <Figure label="First token">{formatMs(run.firstTokenMs)}</Figure>
        <Figure label="Latency">{formatMs(run.totalMs)}</Figure>
        <Figure label="Tokens" title={speed === null ? undefined : `${speed.toFixed(0)} a second`}>
          {run.inputTokens === null && run.outputTokens === null ? (
            "–"
          ) : (
            <>
              {formatCount(run.inputTokens)} <span className="text-faint">→</span> {formatCount(run.outputTokens)}
            </>
          )}
        </Figure>
        <Figure label="Cost">
          <Cost run={run} trace={trace} />
        </Figure>
      </dl>
      {facts?.traceId != null && !isUnderWay(run) && (
        <p className="border-t border-line px-4 py-2 text-xs">
          <Link {...paths.trace(facts.traceId)} className="text-accent-text underline underline-offset-2">
            Open the trace
          </Link>
        </p>
      )}
    </section>
  );
}

function Figure({ label, title, children }: { label: string; title?: string | undefined; children: ReactNode }) {
  return (
    <div title={title}>
      <dt className="label-caps">{label}</dt>
      <dd className="text-sm font-medium tabular">{children}</dd>
    </div>
  );
}

function Cost({ run, trace }: { run: Run; trace: ReturnType<typeof useTraceOf> }) {
  if (trace.data != null) {
    const cost = formatSum(trace.data.summary);
    if (cost === UNPRICED) return <UnpricedBadge />;
    const isEstimated = trace.data.nodes.some((node) => node.cost_source === "estimated");
    return isEstimated ? <span title="Estimated from the text that came: the provider reported no usage">≈{cost}</span> : cost;
  }
  return <span className="text-faint">{trace.isFetching || isUnderWay(run) ? "…" : "–"}</span>;
}
