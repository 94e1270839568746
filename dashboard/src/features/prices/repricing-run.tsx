import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";

import type { PriceDifference, Repricing } from "@/api/control-types";
import { cancelRepricing, fetchRepricing, reprice } from "@/api/price-endpoints";
import { useChange } from "@/api/use-change";
import { formatExact, plural } from "@/format/count";
import { formatNanoUsd } from "@/format/money";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { FormProblem } from "@/ui/form";
import { Loaded, Nothing, Section } from "@/ui/settings";

import { REPRICINGS, UNPRICED } from "./queries";
import { signedUsd } from "./reasons";

const WATCH_MS = 700;
const ROWS_SHOWN = 500;

/** One run: how far it is, and what it changed or would change per day and model. */
export function RepricingRun({ id, mayStart }: { id: string; mayStart: boolean }) {
  const queryClient = useQueryClient();
  const query = useQuery({
    queryKey: [REPRICINGS, "one", id],
    queryFn: ({ signal }) => fetchRepricing(id, signal),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.finished_at === null ? WATCH_MS : false),
  });
  const hasEnded = typeof query.data?.finished_at === "string";
  useEffect(() => {
    if (!hasEnded) return;
    void queryClient.invalidateQueries({ queryKey: [REPRICINGS, "list"] });
    void queryClient.invalidateQueries({ queryKey: [UNPRICED] });
  }, [hasEnded, queryClient]);
  return (
    <Section title={query.data?.dry_run === false ? "This run" : "What would change"} note="Of the calls whose price is another one now." actions={query.data !== undefined && mayStart && <Actions run={query.data} />}>
      <Loaded query={query} label="Loading the run">
        {(run) => (
          <>
            <Progress run={run} />
            <Differences run={run} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Actions({ run }: { run: Repricing }) {
  const navigate = useNavigate();
  const start = useChange(
    (dryRun: boolean) => reprice({ from: run.from, to: run.to, provider: run.provider, model: run.model, dry_run: dryRun, wait_s: 0 }),
    [[REPRICINGS]],
    (made) => void navigate(paths.repricing(made.id)),
  );
  const cancel = useChange(() => cancelRepricing(run.id), [[REPRICINGS]]);
  if (run.finished_at === null)
    return (
      <Button size="sm" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
        Stop
      </Button>
    );
  if (run.state === "failed")
    return (
      <>
        <FormProblem error={start.error} />
        <Button size="sm" disabled={start.isPending} onClick={() => start.mutate(run.dry_run)}>
          Start again
        </Button>
      </>
    );
  if (!run.dry_run || run.state !== "done" || run.changed === 0) return <FormProblem error={start.error} />;
  return (
    <>
      <FormProblem error={start.error} />
      <Confirm
        trigger={
          <Button look="primary" disabled={start.isPending}>
            Price {plural(run.changed, "call")} again
          </Button>
        }
        title={`Price ${plural(run.changed, "call")} again?`}
        text={`Spans, sums, the ledger and budgets then show ${signedUsd(run.difference_nanousd)}. The old prices stay readable with each call.`}
        action="Price again"
        onConfirm={() => start.mutate(false)}
      />
    </>
  );
}

function Progress({ run }: { run: Repricing }) {
  const share = run.spans === 0 ? (run.finished_at === null ? 0 : 100) : Math.min(100, Math.round((run.spans_done / run.spans) * 100));
  return (
    <div className="flex flex-col gap-3 p-4">
      {run.finished_at === null && (
        <div role="progressbar" aria-label="How far it is" aria-valuemin={0} aria-valuemax={100} aria-valuenow={share} className="h-2 overflow-hidden rounded-full bg-sunken ring-1 ring-line ring-inset">
          <div className="h-full bg-accent transition-[width]" style={{ width: `${share}%` }} />
        </div>
      )}
      <p role="status" className={`text-sm break-words ${run.state === "failed" ? "text-bad" : "text-muted"}`}>
        {run.state === "waiting" ? "Waiting for its turn." : run.state === "failed" ? `It failed: ${run.error}` : run.finished_at === null ? `${formatExact(run.spans_done)} of ${plural(run.spans, "call")}, ${share} %` : `${plural(run.spans_done, "call")} looked at.`}
      </p>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-4">
        {(
          [
            [run.dry_run ? "Would change" : "Changed", plural(run.changed, "call")],
            ["Before", formatNanoUsd(run.old_nanousd)],
            ["After", formatNanoUsd(run.new_nanousd)],
            ["Difference", signedUsd(run.difference_nanousd)],
          ] as const
        ).map(([label, value]) => (
          <div key={label} className="min-w-0">
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="text-base font-semibold break-all tabular">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Differences({ run }: { run: Repricing }) {
  if (run.state === "done" && run.differences.length === 0) return <Nothing>Every price is as it would be priced today.</Nothing>;
  if (run.differences.length === 0) return null;
  return (
    <div className="max-h-[60vh] overflow-auto border-t border-line" tabIndex={0} role="region" aria-label="Difference per day and model">
      <table className="w-full text-sm">
        <thead>
          <tr className="text-left text-xs text-muted">
            <th className="px-4 py-2 font-medium">Day</th>
            <th className="px-4 py-2 font-medium">Model</th>
            <th className="px-4 py-2 text-right font-medium">Calls</th>
            <th className="px-4 py-2 text-right font-medium">Before</th>
            <th className="px-4 py-2 text-right font-medium">After</th>
            <th className="px-4 py-2 text-right font-medium">Difference</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line">
          {run.differences.slice(0, ROWS_SHOWN).map((each) => (
            <DifferenceRow key={`${each.day} ${each.provider} ${each.model}`} each={each} />
          ))}
        </tbody>
      </table>
      {run.differences.length > ROWS_SHOWN && <p className="px-4 py-2 text-xs text-muted">and {plural(run.differences.length - ROWS_SHOWN, "more line")}.</p>}
    </div>
  );
}

function DifferenceRow({ each }: { each: PriceDifference }) {
  return (
    <tr className="tabular">
      <td className="px-4 py-1.5 whitespace-nowrap text-muted">{each.day}</td>
      <th scope="row" className="px-4 py-1.5 text-left font-medium whitespace-nowrap">
        {each.model} <span className="font-normal text-muted">{each.provider}</span>
      </th>
      <td className="px-4 py-1.5 text-right">{formatExact(each.changed)}</td>
      <td className="px-4 py-1.5 text-right whitespace-nowrap">
        {each.old_unpriced > 0 && <Badge tone="warn">{formatExact(each.old_unpriced)} unpriced</Badge>} {each.old_unpriced < each.changed && formatNanoUsd(each.old_nanousd)}
      </td>
      <td className="px-4 py-1.5 text-right whitespace-nowrap">
        {each.new_unpriced > 0 && <Badge tone="warn">{formatExact(each.new_unpriced)} unpriced</Badge>} {each.new_unpriced < each.changed && formatNanoUsd(each.new_nanousd)}
      </td>
      <td className="px-4 py-1.5 text-right font-medium whitespace-nowrap">{signedUsd(each.difference_nanousd)}</td>
    </tr>
  );
}
