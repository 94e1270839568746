import { Link } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";

import type { SessionSummary, SpanSummary, TraceSummary } from "@/api/types";
import { spanTitle, traceTitle } from "@/format/called";
import { formatCount } from "@/format/count";
import { formatMs } from "@/format/duration";
import { paths } from "@/paths";
import { StatusBadge } from "@/ui/badge";
import { KindIcon } from "@/ui/kind-icon";
import { SpanCost, TimeCell } from "@/ui/span-cells";

import { SessionCost, TagsCell, TokensCell, TraceCost } from "./cells";

const LINK = "truncate font-medium hover:underline underline-offset-2";

export const TRACE_COLUMNS: ColumnDef<TraceSummary>[] = [
  { id: "time", header: "Time", meta: { track: "104px" }, cell: ({ row }) => <TimeCell iso={row.original.last_activity} /> },
  {
    id: "name",
    header: "Name",
    meta: { track: "minmax(160px,2fr)" },
    cell: ({ row: { original: trace } }) => (
      <span className="flex min-w-0 items-center gap-2">
        <KindIcon kind={trace.kind} />
        <Link {...paths.trace(trace.trace_id)} className={LINK}>
          {traceTitle(trace)}
        </Link>
        {trace.route && <span className="truncate text-xs text-faint">{trace.route}</span>}
      </span>
    ),
  },
  { id: "model", header: "Model", meta: { track: "minmax(110px,1.1fr)" }, cell: ({ row }) => <Models names={row.original.models} /> },
  { id: "status", header: "Status", meta: { track: "76px" }, cell: ({ row }) => <StatusBadge status={row.original.status} quiet /> },
  { id: "latency", header: "Latency", meta: { track: "76px", right: true }, cell: ({ row }) => formatMs(row.original.duration_ms) },
  {
    id: "tokens",
    header: "Tokens",
    meta: { track: "112px", right: true, from: 860 },
    cell: ({ row }) => <TokensCell input={row.original.input_tokens} output={row.original.output_tokens} />,
  },
  { id: "cost", header: "Cost", meta: { track: "88px", right: true }, cell: ({ row }) => <TraceCost trace={row.original} /> },
  { id: "spans", header: "Spans", meta: { track: "60px", right: true, from: 1000 }, cell: ({ row }) => formatCount(row.original.spans) },
  { id: "user", header: "User", meta: { track: "minmax(90px,.8fr)", from: 760, gap: true }, cell: ({ row }) => <Quiet text={row.original.end_user_id} /> },
  { id: "session", header: "Session", meta: { track: "minmax(80px,.7fr)", from: 1080 }, cell: ({ row }) => <Quiet text={row.original.session_id} /> },
  { id: "tags", header: "Tags", meta: { track: "minmax(112px,.8fr)", from: 1180 }, cell: ({ row }) => <TagsCell tags={row.original.tags} /> },
];

export const SPAN_COLUMNS: ColumnDef<SpanSummary>[] = [
  { id: "time", header: "Time", meta: { track: "104px" }, cell: ({ row }) => <TimeCell iso={row.original.start_time} /> },
  {
    id: "name",
    header: "Name",
    meta: { track: "minmax(160px,2fr)" },
    cell: ({ row: { original: span } }) => (
      <span className="flex min-w-0 items-center gap-2">
        <KindIcon kind={span.kind} />
        <Link {...paths.trace(span.trace_id, span.span_id)} className={LINK}>
          {spanTitle(span)}
        </Link>
        {span.route && <span className="truncate text-xs text-faint">{span.route}</span>}
      </span>
    ),
  },
  { id: "model", header: "Model", meta: { track: "minmax(110px,1.1fr)" }, cell: ({ row }) => <Quiet text={row.original.model} /> },
  { id: "status", header: "Status", meta: { track: "76px" }, cell: ({ row }) => <StatusBadge status={row.original.status} quiet /> },
  { id: "ttft", header: "First token", meta: { track: "84px", right: true, from: 1000 }, cell: ({ row }) => formatMs(row.original.time_to_first_token_ms) },
  { id: "latency", header: "Latency", meta: { track: "76px", right: true }, cell: ({ row }) => formatMs(row.original.duration_ms) },
  {
    id: "tokens",
    header: "Tokens",
    meta: { track: "112px", right: true, from: 860 },
    cell: ({ row }) => <TokensCell input={row.original.usage.input_tokens} output={row.original.usage.output_tokens} />,
  },
  { id: "cost", header: "Cost", meta: { track: "88px", right: true }, cell: ({ row }) => <SpanCost span={row.original} /> },
  { id: "user", header: "User", meta: { track: "minmax(90px,.8fr)", from: 760, gap: true }, cell: ({ row }) => <Quiet text={row.original.end_user_id} /> },
  { id: "session", header: "Session", meta: { track: "minmax(80px,.7fr)", from: 1080 }, cell: ({ row }) => <Quiet text={row.original.session_id} /> },
  { id: "tags", header: "Tags", meta: { track: "minmax(112px,.8fr)", from: 1180 }, cell: ({ row }) => <TagsCell tags={row.original.tags} /> },
];

export const SESSION_COLUMNS: ColumnDef<SessionSummary>[] = [
  { id: "time", header: "Last activity", meta: { track: "116px" }, cell: ({ row }) => <TimeCell iso={row.original.last_activity} /> },
  {
    id: "session",
    header: "Session",
    meta: { track: "minmax(160px,2fr)" },
    cell: ({ row }) => (
      <Link {...paths.traces({ session_id: [row.original.session_id] })} className={LINK}>
        {row.original.session_id}
      </Link>
    ),
  },
  { id: "user", header: "User", meta: { track: "minmax(90px,1fr)" }, cell: ({ row }) => <Quiet text={row.original.end_user_id} /> },
  {
    id: "length",
    header: "Length",
    meta: { track: "92px", right: true, from: 860 },
    cell: ({ row }) => formatMs(Date.parse(row.original.last_activity) - Date.parse(row.original.first_activity)),
  },
  { id: "traces", header: "Traces", meta: { track: "72px", right: true }, cell: ({ row }) => formatCount(row.original.traces) },
  { id: "calls", header: "Calls", meta: { track: "72px", right: true, from: 760 }, cell: ({ row }) => formatCount(row.original.calls) },
  {
    id: "errors",
    header: "Errors",
    meta: { track: "72px", right: true },
    cell: ({ row }) => <span className={row.original.errors > 0 ? "font-medium text-bad" : "text-faint"}>{formatCount(row.original.errors)}</span>,
  },
  {
    id: "tokens",
    header: "Tokens",
    meta: { track: "120px", right: true, from: 860 },
    cell: ({ row }) => <TokensCell input={row.original.input_tokens} output={row.original.output_tokens} />,
  },
  { id: "cost", header: "Cost", meta: { track: "88px", right: true }, cell: ({ row }) => <SessionCost session={row.original} /> },
];

function Quiet({ text }: { text: string }) {
  return <span className="text-muted">{text}</span>;
}

function Models({ names }: { names: readonly string[] }) {
  const [first, ...others] = names;
  return (
    <span className="flex gap-1 text-muted" title={names.join(", ")}>
      <span className="truncate">{first}</span>
      {others.length > 0 && <span className="text-faint">+{others.length}</span>}
    </span>
  );
}
