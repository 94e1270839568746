/** Rows where columns do not fit: two lines, the name and what matters most. */
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { SessionSummary, SpanSummary, TraceSummary } from "@/api/types";
import { spanTitle, traceTitle } from "@/format/called";
import { plural } from "@/format/count";
import { formatMs } from "@/format/duration";
import { paths } from "@/paths";
import { StatusBadge } from "@/ui/badge";
import { KindIcon } from "@/ui/kind-icon";
import { SpanCost, TimeCell } from "@/ui/span-cells";

import { SessionCost, TraceCost } from "./cells";

function TwoLines(props: { kind?: string; name: string; link: Pick<LinkProps, "to" | "params" | "search">; right: ReactNode; facts: readonly ReactNode[] }) {
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-center gap-2">
        {props.kind !== undefined && <KindIcon kind={props.kind} />}
        <Link {...props.link} className="min-w-0 flex-1 truncate font-medium">
          {props.name}
        </Link>
        <span className="tabular">{props.right}</span>
      </div>
      <div className="flex items-center gap-2 overflow-hidden text-xs whitespace-nowrap text-muted [&>*:not(:first-child)]:before:mr-2 [&>*:not(:first-child)]:before:text-faint [&>*:not(:first-child)]:before:content-['·']">
        {props.facts.map((fact, index) => (
          <span key={index} className="last:truncate">
            {fact}
          </span>
        ))}
      </div>
    </div>
  );
}

const bad = (status: string) => (status === "ok" ? [] : [<StatusBadge key="status" status={status} />]);

export function TraceCard({ trace }: { trace: TraceSummary }) {
  const facts = [<TimeCell key="time" iso={trace.last_activity} />, ...bad(trace.status), formatMs(trace.duration_ms), trace.models[0] ?? trace.route];
  return <TwoLines kind={trace.kind} name={traceTitle(trace)} link={paths.trace(trace.trace_id)} right={<TraceCost trace={trace} />} facts={facts} />;
}

export function SpanCard({ span }: { span: SpanSummary }) {
  const facts = [<TimeCell key="time" iso={span.start_time} />, ...bad(span.status), formatMs(span.duration_ms), span.model || span.route];
  return <TwoLines kind={span.kind} name={spanTitle(span)} link={paths.trace(span.trace_id, span.span_id)} right={<SpanCost span={span} />} facts={facts} />;
}

export function SessionCard({ session }: { session: SessionSummary }) {
  const facts = [<TimeCell key="time" iso={session.last_activity} />, plural(session.traces, "trace"), session.end_user_id];
  return <TwoLines name={session.session_id} link={paths.traces({ session_id: [session.session_id] })} right={<SessionCost session={session} />} facts={facts} />;
}
