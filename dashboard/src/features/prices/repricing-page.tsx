import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import type { RepricingSummary } from "@/api/control-types";
import { fetchRepricings, reprice } from "@/api/price-endpoints";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { formatDay } from "@/format/until";
import { paths } from "@/paths";
import { Suggesting } from "@/scope/call-scope-fields";
import { useFacets } from "@/scope/facets";
import { Badge, type Tone } from "@/ui/badge";
import { FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";
import { Loaded, Nothing, ReadOnlyNote, Rows, Section, SettingsBody } from "@/ui/settings";

import { REPRICINGS } from "./queries";
import { RepricingRun } from "./repricing-run";

const REFRESH_MS = 5_000;
const A_MONTH_MS = 30 * 86_400_000;

export const STATES: Record<RepricingSummary["state"], { label: string; tone: Tone }> = {
  waiting: { label: "waiting", tone: "info" },
  running: { label: "running", tone: "info" },
  done: { label: "done", tone: "good" },
  failed: { label: "failed", tone: "bad" },
  cancelled: { label: "stopped", tone: "warn" },
};

/** Prices history again after a correction: first what would change, then for real. */
export function RepricingPage() {
  const { run } = useSearch({ from: "/prices/reprice" });
  const refusal = useRefusal("prices:write");
  const query = useQuery({ queryKey: [REPRICINGS, "list"], queryFn: ({ signal }) => fetchRepricings(signal), refetchInterval: REFRESH_MS });
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      {refusal === null && <Ask />}
      {run !== undefined && <RepricingRun key={run} id={run} mayStart={refusal === null} />}
      <Section title="Earlier runs" note="Each price that was replaced stays readable with its call.">
        <Loaded query={query} label="Loading runs">
          {(runs) =>
            runs.length === 0 ? (
              <Nothing>History was never priced again.</Nothing>
            ) : (
              <Rows label="Earlier runs">
                {runs.map((each) => (
                  <RunRow key={each.id} run={each} isOpen={each.id === run} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
    </SettingsBody>
  );
}

function Ask() {
  const navigate = useNavigate();
  const facets = useFacets({ range: "30d" }, true);
  const [fields, setFields] = useState(() => ({ from: new Date(Date.now() - A_MONTH_MS).toISOString().slice(0, 10), to: "", provider: "", model: "" }));
  const set = (over: Partial<typeof fields>) => setFields({ ...fields, ...over });
  const ask = useChange(
    () => reprice({ from: `${fields.from}T00:00:00Z`, to: fields.to === "" ? null : `${fields.to}T00:00:00Z`, provider: fields.provider.trim(), model: fields.model.trim(), dry_run: true, wait_s: 0 }),
    [[REPRICINGS]],
    (made) => void navigate(paths.repricing(made.id)),
  );
  return (
    <Section title="Re-price history" note="After a price was corrected. A dry run comes first: it only tells what would change.">
      <form onSubmit={onSubmit(() => ask.mutate())} className="flex flex-col gap-4 p-4">
        <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
          <TextField label="From day (UTC)" type="date" required value={fields.from} onChange={(from) => set({ from })} />
          <TextField label="Before day (UTC)" type="date" value={fields.to} onChange={(to) => set({ to })} hint="Empty: until now." />
          <Suggesting label="Model" value={fields.model} onChange={(model) => set({ model })} values={(facets?.model ?? []).map((each) => each.value)} placeholder="any" hint="May hold * and ?." />
          <Suggesting label="Provider" value={fields.provider} onChange={(provider) => set({ provider })} values={(facets?.provider ?? []).map((each) => each.value)} placeholder="any" />
        </div>
        <FormProblem error={ask.error} />
        <SubmitButton pending={ask.isPending} className="self-start">
          Dry run
        </SubmitButton>
      </form>
    </Section>
  );
}

function RunRow({ run, isOpen }: { run: RepricingSummary; isOpen: boolean }) {
  const state = STATES[run.state];
  const what = [run.provider, run.model].filter((part) => part !== "").join("/");
  return (
    <li>
      <Link {...paths.repricing(run.id)} aria-current={isOpen ? "true" : undefined} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 outline-offset-[-2px] hover:bg-hover aria-[current=true]:bg-accent-soft">
        <span className="font-medium">
          {formatDay(run.from)} to {formatDay(run.to)}
        </span>
        <span className="text-sm text-muted">{what === "" ? "every model" : what}</span>
        {run.dry_run && <Badge tone="info">dry run</Badge>}
        <Badge tone={state.tone}>{state.label}</Badge>
        <span className="ml-auto text-xs text-muted">
          {run.created_by}, {formatListTime(run.created_at, new Date())}
        </span>
      </Link>
    </li>
  );
}
