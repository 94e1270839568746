import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { SpanDetail } from "@/api/types";
import { formatMs } from "@/format/duration";
import { formatFullTime } from "@/format/time";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { CopyButton } from "@/ui/copy-button";

import { pretty, type Json } from "./conversation/json";

/** Everything else about a span: times, names, tags, metadata, attributes. */
export function Facts({ span }: { span: SpanDetail }) {
  const facts: [label: string, value: ReactNode][] = [
    ["Started", formatFullTime(span.start_time)],
    ["Duration", formatMs(span.duration_ms)],
    ["First token after", span.time_to_first_token_ms === null ? "" : formatMs(span.time_to_first_token_ms)],
    ["Received", formatFullTime(span.received_at)],
    ["Provider", span.provider],
    ["Model", span.model],
    ["Model asked for", span.model_requested === span.model ? "" : span.model_requested],
    ["Service tier", span.service_tier],
    ["Finish reason", span.finish_reason],
    ["Prompt", [span.prompt_name, span.prompt_version].filter(Boolean).join(" @ ")],
    ["Route", span.route],
    ["Environment", span.environment],
    ["Service", span.service],
    ["Release", span.release],
    ["User", span.end_user_id && <Filter scope={{ end_user_id: [span.end_user_id] }} text={span.end_user_id} />],
    ["Session", span.session_id && <Filter scope={{ session_id: [span.session_id] }} text={span.session_id} />],
    ["Source", span.source],
    ["Span id", <Id key="span" id={span.span_id} label="span id" />],
    ["Parent", span.parent_span_id && <Id key="parent" id={span.parent_span_id} label="parent id" />],
  ];
  return (
    <div className="flex flex-col gap-6">
      <Pairs label="Facts" pairs={facts.filter(([, value]) => value !== "")} />
      {span.tags.length > 0 && (
        <Section title="Tags">
          <div className="flex flex-wrap gap-1">
            {span.tags.map((tag) => (
              <Badge key={tag} size="md">
                {tag}
              </Badge>
            ))}
          </div>
        </Section>
      )}
      {Object.keys(span.metadata).length > 0 && (
        <Section title="Metadata">
          <Pairs label="Metadata" pairs={Object.entries(span.metadata)} mono />
        </Section>
      )}
      {Object.keys(span.attributes).length > 0 && (
        <Section title="Attributes">
          <Pairs label="Attributes" pairs={Object.entries(span.attributes).map(([name, value]) => [name, attribute(value)])} mono />
        </Section>
      )}
    </div>
  );
}

function attribute(value: unknown): ReactNode {
  const text = pretty(value as Json);
  return text.includes("\n") ? <pre className="max-h-60 overflow-auto rounded-sm bg-sunken p-2 text-2xs">{text}</pre> : text;
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-xs font-semibold text-faint">{title}</h3>
      {children}
    </section>
  );
}

function Pairs({ label, pairs, mono = false }: { label: string; pairs: readonly (readonly [string, ReactNode])[]; mono?: boolean }) {
  return (
    <dl aria-label={label} className="text-sm">
      {pairs.map(([name, value]) => (
        <div key={name} className="grid grid-cols-[minmax(110px,38%)_1fr] gap-3 border-b border-line/70 py-1.5 last:border-0">
          <dt className={mono ? "font-mono text-xs break-words text-muted" : "text-muted"}>{name}</dt>
          <dd className={mono ? "min-w-0 font-mono text-xs break-words" : "min-w-0 break-words"}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Id({ id, label }: { id: string; label: string }) {
  return (
    <span className="flex items-center gap-1">
      <code className="truncate font-mono text-xs">{id}</code>
      <CopyButton text={id} label={`Copy ${label}`} className="-my-1" />
    </span>
  );
}

function Filter({ scope, text }: { scope: Parameters<typeof paths.traces>[0]; text: string }) {
  return (
    <Link {...paths.traces(scope)} className="text-accent-text hover:underline">
      {text}
    </Link>
  );
}
