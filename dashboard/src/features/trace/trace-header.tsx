import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";

import type { TraceSummary } from "@/api/types";
import { formatCount, plural } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatSum, UNPRICED } from "@/format/money";
import { formatFullTime } from "@/format/time";
import { paths } from "@/paths";
import { Badge, StatusBadge, UnpricedBadge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { KindIcon } from "@/ui/kind-icon";

/** The trace in a few figures. */
export function TraceHeader({ summary }: { summary: TraceSummary }) {
  const cost = formatSum(summary);
  return (
    <header className="shrink-0 border-b border-line px-4 pt-3 pb-3 md:px-6">
      <div className="flex min-w-0 items-center gap-2">
        <IconButton asChild label="Back to traces" size="icon-sm" className="-ml-1.5">
          <Link {...paths.traces()}>
            <ArrowLeft />
          </Link>
        </IconButton>
        <KindIcon kind={summary.kind} className="size-4" />
        <h1 className="truncate text-lg font-semibold tracking-tight">{summary.name || "Trace"}</h1>
        <StatusBadge status={summary.status} />
        <span className="ml-auto hidden items-center gap-1 sm:flex">
          <code className="font-mono text-xs text-faint">{summary.trace_id.slice(0, 16)}…</code>
          <CopyButton text={summary.trace_id} label="Copy trace id" />
        </span>
      </div>
      <dl className="mt-2 flex flex-wrap items-center gap-x-6 gap-y-1.5 text-sm">
        <Fact label="Cost">
          {cost === UNPRICED ? <UnpricedBadge /> : <span className="font-semibold">{summary.calls === 0 ? "–" : cost}</span>}
          {cost !== UNPRICED && summary.unpriced > 0 && <UnpricedBadge count={summary.unpriced} />}
        </Fact>
        <Fact label="Duration">{formatMs(summary.duration_ms)}</Fact>
        <Fact label="Tokens">
          {formatCount(summary.input_tokens)} → {formatCount(summary.output_tokens)}
        </Fact>
        <Fact label="Spans">
          {summary.spans.toLocaleString("en-US")}
          <span className="text-muted">({plural(summary.calls, "call")})</span>
        </Fact>
        {summary.errors > 0 && (
          <Fact label="Errors">
            <span className="font-semibold text-bad">{summary.errors.toLocaleString("en-US")}</span>
          </Fact>
        )}
        <Fact label="Started">{formatFullTime(summary.start_time)}</Fact>
        {summary.end_user_id !== "" && (
          <Fact label="User">
            <Link {...paths.traces({ end_user_id: [summary.end_user_id] })} className="text-accent-text hover:underline">
              {summary.end_user_id}
            </Link>
          </Fact>
        )}
        {summary.session_id !== "" && (
          <Fact label="Session">
            <Link {...paths.traces({ session_id: [summary.session_id] })} className="text-accent-text hover:underline">
              {summary.session_id}
            </Link>
          </Fact>
        )}
        {summary.environment !== "" && <Fact label="Environment">{summary.environment}</Fact>}
        {summary.tags.length > 0 && (
          <Fact label="Tags">
            {summary.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
          </Fact>
        )}
      </dl>
    </header>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="text-xs text-faint">{label}</dt>
      <dd className="flex items-center gap-1.5 tabular">{children}</dd>
    </div>
  );
}
