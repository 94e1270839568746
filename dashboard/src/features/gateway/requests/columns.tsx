import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";

import type { SpanSummary } from "@/api/types";
import { formatCount } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatRefusal } from "@/format/refusal";
import { paths } from "@/paths";
import { Badge, StatusBadge } from "@/ui/badge";
import { SpanCost, TimeCell } from "@/ui/span-cells";

/** What was asked for, and what answered where that is another. */
function Model({ span }: { span: SpanSummary }) {
  const asked = span.model_requested || span.model || span.name;
  const isOther = span.model !== "" && span.model !== asked && !asked.endsWith(`/${span.model}`);
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <Link {...paths.trace(span.trace_id, span.span_id)} className="truncate font-medium underline-offset-2 hover:underline">
        {asked}
      </Link>
      {isOther && (
        <span className="truncate text-xs text-muted">
          <span aria-hidden>→</span>
          <span className="sr-only"> answered by</span> {span.model}
        </span>
      )}
    </span>
  );
}

const isFromCache = (span: SpanSummary) => span.usage.flags?.includes("local_cache_hit") ?? false;

function Outcome({ span }: { span: SpanSummary }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5" title={span.error_message || undefined}>
      <StatusBadge status={span.status} quiet />
      {span.error_type !== "" && <span className="truncate text-xs text-muted">{formatRefusal(span.error_type)}</span>}
      {isFromCache(span) && <Badge tone="info">from the cache</Badge>}
    </span>
  );
}

function Tokens({ input_tokens, output_tokens }: SpanSummary["usage"]) {
  if (input_tokens == null && output_tokens == null) return <span className="text-faint">–</span>;
  return (
    <>
      {formatCount(input_tokens)} <span className="text-faint">→</span> {formatCount(output_tokens)}
    </>
  );
}

const Quiet = ({ text }: { text: string }) => <span className="text-muted">{text}</span>;

export const COLUMNS: ColumnDef<SpanSummary>[] = [
  { id: "time", header: "Time", meta: { track: "104px" }, cell: ({ row }) => <TimeCell iso={row.original.start_time} /> },
  { id: "model", header: "Model", meta: { track: "minmax(180px,2fr)" }, cell: ({ row }) => <Model span={row.original} /> },
  { id: "provider", header: "Provider", meta: { track: "minmax(80px,.7fr)", from: 900 }, cell: ({ row }) => <Quiet text={row.original.provider} /> },
  { id: "status", header: "Status", meta: { track: "minmax(190px,1.4fr)" }, cell: ({ row }) => <Outcome span={row.original} /> },
  { id: "ttft", header: "First token", meta: { track: "88px", right: true }, cell: ({ row }) => formatMs(row.original.time_to_first_token_ms) },
  { id: "latency", header: "Latency", meta: { track: "80px", right: true }, cell: ({ row }) => formatMs(row.original.duration_ms) },
  {
    id: "tokens",
    header: "Tokens",
    meta: { track: "112px", right: true, from: 900 },
    cell: ({ row }) => <Tokens {...row.original.usage} />,
  },
  { id: "cost", header: "Cost", meta: { track: "88px", right: true }, cell: ({ row }) => <SpanCost span={row.original} /> },
  { id: "route", header: "Route", meta: { track: "minmax(104px,1fr)", from: 1040, gap: true }, cell: ({ row }) => <Quiet text={row.original.route} /> },
  { id: "user", header: "User", meta: { track: "minmax(80px,.7fr)", from: 1160 }, cell: ({ row }) => <Quiet text={row.original.end_user_id} /> },
];

/** Where columns do not fit. */
export function RequestCard({ span }: { span: SpanSummary }) {
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-center gap-2">
        <span className="min-w-0 flex-1">
          <Model span={span} />
        </span>
        <span className="tabular">
          <SpanCost span={span} />
        </span>
      </div>
      <div className="flex items-center gap-2 overflow-hidden text-xs whitespace-nowrap text-muted">
        <TimeCell iso={span.start_time} />
        <Outcome span={span} />
        {span.time_to_first_token_ms !== null && <span className="tabular">first token {formatMs(span.time_to_first_token_ms)}</span>}
      </div>
    </div>
  );
}
