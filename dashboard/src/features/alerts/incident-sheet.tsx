import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import { acknowledgeIncident, commentIncident, fetchIncident, resolveIncident } from "@/api/alert-endpoints";
import type { IncidentDetail, TimelineEntry } from "@/api/alert-types";
import { useChange } from "@/api/use-change";
import { formatFullTime, formatListTime } from "@/format/time";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { FormProblem, TextField } from "@/ui/form";
import { ErrorState, SkeletonRows } from "@/ui/state";

import { INCIDENTS } from "./queries";
import { SEVERITIES } from "./words";

const KINDS: Record<TimelineEntry["kind"], string> = {
  opened: "Opened", held: "Held back", notified: "Told", acknowledged: "Taken", commented: "Comment", resolved: "Over", delivered: "Delivered", not_delivered: "Not delivered",
};

/** One incident with its timeline and what can be done about it. */
export function IncidentSheet({ id }: { id: string }) {
  const query = useQuery({ queryKey: [INCIDENTS, "one", id], queryFn: ({ signal }) => fetchIncident(id, signal), refetchInterval: 5_000 });
  if (query.error !== null && query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows label="Loading incident" />;
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">
        <Facts incident={query.data} />
        <h3 className="mt-5 mb-2 text-xs font-semibold text-faint">Timeline</h3>
        <ol aria-label="Timeline" className="flex flex-col gap-3 border-l border-line pl-4">
          {query.data.timeline.map((entry, index) => (
            <li key={index} className="text-sm">
              <span className="font-medium">{KINDS[entry.kind]}</span> {entry.by !== "" && <span className="text-muted">by {entry.by}</span>}
              <time dateTime={entry.at} title={formatFullTime(entry.at)} className="ml-2 text-xs text-muted">
                {formatListTime(entry.at, new Date())}
              </time>
              {entry.text !== "" && <p className="break-words text-muted">{entry.text}</p>}
            </li>
          ))}
        </ol>
      </div>
      <Actions incident={query.data} />
    </>
  );
}

function Facts({ incident }: { incident: IncidentDetail }) {
  return (
    <>
      <p className="text-base font-medium">{incident.summary}</p>
      <p className="mt-1 flex flex-wrap items-center gap-1.5">
        <Badge tone={SEVERITIES[incident.severity]}>{incident.severity}</Badge>
        {labelsOf(incident).map(([label, value]) => (
          <Badge key={label}>
            {label} {value}
          </Badge>
        ))}
      </p>
      {incident.held_by !== "" && <p className="mt-2 text-sm text-muted">Nobody is told: {incident.held_by}</p>}
      {incident.note !== "" && <p className="mt-3 rounded-md border border-line bg-sunken p-3 text-sm whitespace-pre-wrap">{incident.note}</p>}
      {incident.rule_id !== null && (
        <Link {...paths.alertRule(incident.rule_id)} className="mt-3 inline-block text-sm text-accent-text underline-offset-2 hover:underline">
          Show the rule “{incident.rule}”
        </Link>
      )}
    </>
  );
}

/** Without what stands there already, and without a budget's id where its name does. */
const labelsOf = ({ labels, severity, group, group_name }: IncidentDetail) =>
  Object.entries(labels).filter(([label, value]) => value !== "" && !(label === "severity" && value === severity) && !(label === "group" && group !== group_name));

function Actions({ incident }: { incident: IncidentDetail }) {
  const refusal = useRefusal("alerts:write");
  const [text, setText] = useState("");
  const done = () => setText("");
  const take = useChange(() => acknowledgeIncident(incident.id), [[INCIDENTS]]);
  const comment = useChange(() => commentIncident(incident.id, text.trim()), [[INCIDENTS]], done);
  const resolve = useChange(() => resolveIncident(incident.id, text.trim()), [[INCIDENTS]], done);
  const isOver = incident.phase === "resolved";
  const isBusy = take.isPending || comment.isPending || resolve.isPending;
  if (refusal !== null) return <p className="border-t border-line p-3 text-sm text-muted">{refusal}</p>;
  return (
    <footer className="flex shrink-0 flex-col gap-2 border-t border-line p-3">
      <FormProblem error={take.error ?? comment.error ?? resolve.error} />
      <TextField label="A word about it" value={text} onChange={setText} maxLength={2000} placeholder="The provider has an outage." />
      <div className="flex flex-wrap justify-end gap-2">
        <Button disabled={isBusy || text.trim() === ""} onClick={() => comment.mutate()}>
          Comment
        </Button>
        {incident.phase === "open" && (
          <Button disabled={isBusy} onClick={() => take.mutate()}>
            Acknowledge
          </Button>
        )}
        {!isOver && (
          <Button look="primary" disabled={isBusy} onClick={() => resolve.mutate()}>
            Resolve
          </Button>
        )}
      </div>
    </footer>
  );
}
