import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { BellRing } from "lucide-react";
import { useState } from "react";

import { fetchIncidents, type IncidentFilter } from "@/api/alert-endpoints";
import type { Incident } from "@/api/alert-types";
import { formatFullTime, formatListTime } from "@/format/time";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Dialog, SheetContent } from "@/ui/dialog";
import { LoadMore, Loaded, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";
import { Segmented } from "@/ui/tabs";

import { IncidentSheet } from "./incident-sheet";
import { INCIDENTS, REFRESH_MS } from "./queries";
import { SEVERITIES } from "./words";

type Shown = "all" | NonNullable<IncidentFilter["phase"]>;

const PHASES: readonly { value: Shown; label: string }[] = [
  { value: "all", label: "All" },
  { value: "open", label: "Open" },
  { value: "acknowledged", label: "Taken" },
  { value: "resolved", label: "Over" },
];

/** What fired, when, and who takes care of it. */
export function IncidentsPage() {
  const { incident } = useSearch({ from: "/alerts/" });
  const navigate = useNavigate();
  const [shown, setShown] = useState<Shown>("all");
  const query = useInfiniteQuery({
    queryKey: [INCIDENTS, "list", shown],
    queryFn: ({ pageParam, signal }) => fetchIncidents(shown === "all" ? {} : { phase: shown }, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: REFRESH_MS,
  });
  return (
    <SettingsBody wide>
      <Section title="Incidents" note="Each firing of a rule, latest first." actions={<Segmented label="Which incidents" value={shown} options={PHASES} onChange={setShown} />}>
        <Loaded query={query} label="Loading incidents">
          {({ pages }) => {
            const incidents = pages.flatMap((page) => page.items);
            if (incidents.length === 0)
              return (
                <EmptyState icon={<BellRing />} title={shown === "all" ? "Nothing has fired" : "No such incident"}>
                  Incidents come from <Link {...paths.alertRules()} className="text-accent-text underline underline-offset-2">alert rules</Link>, and from channels that fail.
                </EmptyState>
              );
            return (
              <ul aria-label="Incidents" className="divide-y divide-line">
                {incidents.map((each) => (
                  <IncidentRow key={each.id} incident={each} />
                ))}
              </ul>
            );
          }}
        </Loaded>
        <LoadMore query={query} className="border-t border-line p-3" />
      </Section>
      <Dialog open={incident !== undefined} onOpenChange={(open) => !open && void navigate(paths.incidents())}>
        <SheetContent title="Incident" side="right">
          {incident !== undefined && <IncidentSheet id={incident} />}
        </SheetContent>
      </Dialog>
    </SettingsBody>
  );
}

function IncidentRow({ incident }: { incident: Incident }) {
  const now = new Date();
  return (
    <li>
      <Link {...paths.incidents(incident.id)} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 outline-offset-[-2px] hover:bg-hover">
        <PhaseDot phase={incident.phase} />
        <span className="min-w-0 flex-1 basis-64">
          <span className="block font-medium">{incident.summary}</span>
          <span className="block text-xs text-muted">
            {incident.rule}
            {incident.group_name !== "" && ` · ${incident.group_name}`}
            {incident.acknowledged_by !== "" && ` · taken by ${incident.acknowledged_by}`}
            {incident.held_by !== "" && ` · nobody is told: ${incident.held_by}`}
          </span>
        </span>
        <Badge tone={SEVERITIES[incident.severity]}>{incident.severity}</Badge>
        <time dateTime={incident.opened_at} title={formatFullTime(incident.opened_at)} className="text-xs text-muted tabular">
          {formatListTime(incident.opened_at, now)}
          {incident.resolved_at !== null && ` – ${formatListTime(incident.resolved_at, now)}`}
        </time>
      </Link>
    </li>
  );
}

const DOTS: Record<Incident["phase"], [string, string]> = { open: ["bg-bad", "open"], acknowledged: ["bg-warn-fill", "taken"], resolved: ["bg-good", "over"] };

function PhaseDot({ phase }: { phase: Incident["phase"] }) {
  const [look, label] = DOTS[phase];
  return (
    <span className="inline-flex w-14 items-center gap-1.5 text-xs text-muted">
      <span aria-hidden className={`size-2 rounded-full ${look}`} />
      {label}
    </span>
  );
}
