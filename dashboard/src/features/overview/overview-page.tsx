import { useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useRef } from "react";

import { useLiveSpans } from "@/api/use-live";
import { plural } from "@/format/count";
import { FilterBar } from "@/scope/filter-bar";
import { LiveToggle } from "@/scope/live-toggle";
import { useLiveChoice } from "@/scope/use-live-choice";
import { RangePicker } from "@/scope/range-picker";
import { isRolling, liveParameters } from "@/scope/scope";
import { useScope, type ScopeState } from "@/scope/use-scope";
import { FirstSteps } from "@/snippets/first-steps";
import { Button, IconButton } from "@/ui/button";
import { cn } from "@/ui/cn";
import { PageHeader } from "@/ui/page";
import { EmptyState, ErrorState } from "@/ui/state";

import { onlyLine } from "./chart-series";
import { Charts } from "./charts";
import { GatewayCard } from "./gateway-card";
import { KpiTiles, KpiTilesLoading } from "./kpi-tiles";
import { OVERVIEW, useBreakdown, useIsNewProject, useModelSeries, useSeries, useSummary } from "./queries";
import { TopTable } from "./top-table";

const QUIET_REFRESH_MS = 30_000;
/** News comes with every batch; the figures are asked for at most this often. */
const LIVE_REFRESH_MS = 2_000;

/** The project in figures and charts. */
export function OverviewPage() {
  const state = useScope();
  const { scope } = state;
  const rolling = isRolling(scope);
  const [live, setLive] = useLiveChoice();
  const everyMs = rolling ? QUIET_REFRESH_MS : false;

  const queryClient = useQueryClient();
  const refresh = () => void queryClient.invalidateQueries({ queryKey: [OVERVIEW] });
  const lastRefresh = useRef(0);
  const liveState = useLiveSpans(liveParameters(scope), live && rolling, () => {
    const now = Date.now();
    if (now - lastRefresh.current < LIVE_REFRESH_MS) return;
    lastRefresh.current = now;
    refresh();
  });

  const summary = useSummary(scope, everyMs);
  const isNew = useIsNewProject(summary.data?.spans === 0 && !state.isFiltered);

  return (
    <>
      <PageHeader title="Overview">
        {rolling && <LiveToggle live={live} state={liveState} onChange={setLive} />}
        <IconButton label="Refresh" onClick={refresh}>
          <RefreshCw className={cn(summary.isFetching && "animate-spin")} />
        </IconButton>
        <RangePicker scope={scope} onChange={state.set} />
      </PageHeader>
      {isNew ? (
        <FirstSteps waiting="Waiting for the first call…" />
      ) : (
        <div className="flex flex-col gap-4 px-4 pb-8 md:px-6">
          <FilterBar state={state} />
          <Figures state={state} summary={summary} everyMs={everyMs} />
        </div>
      )}
    </>
  );
}

function Figures({ state, summary, everyMs }: { state: ScopeState; summary: ReturnType<typeof useSummary>; everyMs: number | false }) {
  const { scope, toggle } = state;
  const series = useSeries(scope, everyMs);
  const byModel = useModelSeries(scope, everyMs);
  const models = useBreakdown(scope, "model", everyMs);
  const routes = useBreakdown(scope, "route", everyMs);
  const users = useBreakdown(scope, "end_user", everyMs);

  if (summary.error !== null) return <ErrorState error={summary.error} onRetry={() => void summary.refetch()} />;
  if (summary.data?.spans === 0) return <NothingHere state={state} />;
  return (
    <div className={cn("flex flex-col gap-4 transition-opacity", summary.isPlaceholderData && "opacity-60")}>
      {summary.data ? <KpiTiles summary={summary.data} points={series.data ? onlyLine(series.data) : []} /> : <KpiTilesLoading />}
      {summary.data !== undefined && summary.data.unpriced > 0 && <UnpricedNotice count={summary.data.unpriced} state={state} />}
      <Charts series={series} byModel={byModel} onModel={(model) => toggle("model", model)} />
      <GatewayCard scope={scope} />
      <div className="grid gap-4 lg:grid-cols-2">
        <TopTable title="Top models" noun="Model" loaded={models} chosen={scope.model ?? []} onPick={(key) => toggle("model", key)} className="lg:col-span-2" />
        <TopTable title="Top routes" noun="Route" loaded={routes} chosen={scope.route ?? []} onPick={(key) => toggle("route", key)} />
        <TopTable title="Top users" noun="User" loaded={users} chosen={scope.end_user_id ?? []} onPick={(key) => toggle("end_user_id", key)} />
      </div>
    </div>
  );
}

/** A sum that leaves calls out says so, and shows which. */
function UnpricedNotice({ count, state }: { count: number; state: ScopeState }) {
  const isShown = state.scope.cost_source?.includes("unpriced") ?? false;
  return (
    <div role="note" className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border border-warn/30 bg-warn-soft px-4 py-2 text-sm text-warn">
      <strong className="font-semibold">{plural(count, "unpriced call")}</strong>
      <span className="basis-full sm:min-w-[60%] sm:flex-1 sm:basis-0">No price is known for these calls, so the cost above does not include them.</span>
      {!isShown && (
        <Button size="sm" look="ghost" className="-ml-2.5 text-warn hover:bg-warn/10 hover:text-warn sm:ml-0" onClick={() => state.toggle("cost_source", "unpriced")}>
          Show them
        </Button>
      )}
    </div>
  );
}

function NothingHere({ state }: { state: ScopeState }) {
  return (
    <EmptyState title={state.isFiltered ? "No call passes these filters" : "No calls in this time"} className="rounded-lg border border-dashed border-line-strong">
      <p>{state.isFiltered ? "Take one away, or look at a longer time." : "Look at a longer time, or send a call."}</p>
      {state.isFiltered ? <Button onClick={state.clear}>Clear filters</Button> : <Button onClick={() => state.set({ range: "30d" })}>Show 30 days</Button>}
    </EmptyState>
  );
}
