import { CircleAlert } from "lucide-react";

import type { SpanDetail } from "@/api/types";
import { spanTitle } from "@/format/called";
import { formatCount } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatUsd, UNPRICED } from "@/format/money";
import { StatusBadge } from "@/ui/badge";
import { cn } from "@/ui/cn";
import { KindIcon } from "@/ui/kind-icon";
import { ErrorState, SkeletonRows } from "@/ui/state";
import { Tab, TabList, TabPanel, Tabs } from "@/ui/tabs";

import { Content } from "./content";
import { Facts } from "./facts";
import { useSpan } from "./queries";
import { UsagePanel } from "./usage-panel";

export const SPAN_VIEWS = ["messages", "usage", "details"] as const;
export type SpanView = (typeof SPAN_VIEWS)[number];

const LABELS: Record<SpanView, string> = { messages: "Messages", usage: "Usage and cost", details: "Details" };

/** One span, whole. */
export function SpanPanel({ traceId, spanId, view, onView }: { traceId: string; spanId: string; view: SpanView; onView: (view: SpanView) => void }) {
  const query = useSpan(traceId, spanId);
  if (query.error !== null) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows label="Loading span" />;
  const span = query.data;
  return (
    <Tabs value={view} onValueChange={(value) => onView(value as SpanView)} className="flex min-h-0 flex-1 flex-col">
      <Heading span={span} />
      <TabList aria-label="Span" className="shrink-0 px-4">
        {SPAN_VIEWS.map((one) => (
          <Tab key={one} value={one}>
            {LABELS[one]}
          </Tab>
        ))}
      </TabList>
      <TabPanel value={view} key={spanId} className="min-h-0 flex-1 overflow-y-auto p-4">
        {view === "messages" ? <Content span={span} /> : view === "usage" ? <UsagePanel span={span} /> : <Facts span={span} />}
      </TabPanel>
    </Tabs>
  );
}

function Heading({ span }: { span: SpanDetail }) {
  const figures: [string, string][] = [
    ["Latency", formatMs(span.duration_ms)],
    ["First token", formatMs(span.time_to_first_token_ms)],
    ["Tokens", span.usage.input_tokens == null && span.usage.output_tokens == null ? "–" : `${formatCount(span.usage.input_tokens)} → ${formatCount(span.usage.output_tokens)}`],
    ["Cost", span.cost_source === "unpriced" ? UNPRICED : formatUsd(span.cost_usd)],
  ];
  return (
    <header className="shrink-0 px-4 pt-3">
      <div className="flex min-w-0 items-center gap-2">
        <KindIcon kind={span.kind} className="size-4" />
        <h2 className="truncate text-base font-semibold">{spanTitle(span)}</h2>
        <StatusBadge status={span.status} />
      </div>
      {span.model !== "" && (
        <p className="mt-0.5 truncate text-xs text-muted">
          {span.model}
          {span.provider !== "" && <span className="text-faint"> · {span.provider}</span>}
          {span.finish_reason !== "" && <span className="text-faint"> · {span.finish_reason}</span>}
        </p>
      )}
      <dl className="mt-3 grid grid-cols-4 gap-px overflow-hidden rounded-md border border-line bg-line">
        {figures.map(([label, value]) => (
          <div key={label} className="min-w-0 bg-surface px-2.5 py-1.5">
            <dt className="truncate label-caps">{label}</dt>
            <dd className={cn("truncate text-sm font-medium tabular", value === UNPRICED && "text-warn", value === "–" && "text-faint")} title={value}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
      {span.error_message !== "" || span.error_type !== "" ? (
        <div role="note" aria-label="Error" className="mt-3 rounded-md border border-bad/30 bg-bad-soft p-3 text-sm text-bad">
          <p className="flex items-center gap-1.5 font-semibold">
            <CircleAlert aria-hidden className="size-4 shrink-0" />
            {span.error_type || span.status}
          </p>
          {span.error_message !== "" && (
            <pre tabIndex={0} className="mt-1 max-h-40 overflow-auto font-mono text-xs break-words whitespace-pre-wrap">
              {span.error_message}
            </pre>
          )}
        </div>
      ) : null}
      <div className="h-2" />
    </header>
  );
}
