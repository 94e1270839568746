import { useMemo } from "react";

import type { Budget, BudgetEvent, BudgetPeriod } from "@/api/control-types";
import type { ChartSeries } from "@/charts/options";
import { TimeChart } from "@/charts/time-chart";
import { formatCount } from "@/format/count";
import { formatUsdShort } from "@/format/money";
import { formatFullTime, formatListTime } from "@/format/time";
import { Badge } from "@/ui/badge";
import { Card, CardHeader } from "@/ui/card";
import { Loaded, Nothing } from "@/ui/settings";

import { chartOf } from "./chart";
import { useBudgetHistory } from "./queries";
import { formatAmount } from "./words";

export function PastPeriods({ budget }: { budget: Budget }) {
  const query = useBudgetHistory(budget.id);
  if (budget.period === "total") return null;
  return (
    <Card>
      <CardHeader title="History" note={budget.period === "rolling" ? "what each part of the window spent" : `the last periods, against the limit of today`} />
      <Loaded query={query} label="Loading history">
        {({ periods }) => (periods.length === 0 ? <Nothing>Nothing was spent yet.</Nothing> : <Periods budget={budget} periods={periods} />)}
      </Loaded>
    </Card>
  );
}

function Periods({ budget, periods }: { budget: Budget; periods: readonly BudgetPeriod[] }) {
  const { period, unit, limit } = budget;
  const { series, frame } = useMemo(() => {
    const chart = chartOf(periods, period === "rolling" ? null : limit);
    const lines: ChartSeries[] = chart.series;
    return { series: lines, frame: { ...chart.frame, format: (value: number) => formatAmount(value, unit), formatAxis: unit === "usd" ? formatUsdShort : formatCount } };
  }, [periods, period, unit, limit]);
  return <TimeChart label={`What ${budget.name} spent in each period`} series={series} frame={frame} />;
}

export function BudgetNews({ budget }: { budget: Budget }) {
  const query = useBudgetHistory(budget.id);
  return (
    <Card>
      <CardHeader title="News" note="thresholds passed, and calls stopped" />
      <Loaded query={query} label="Loading news">
        {({ events }) =>
          events.length === 0 ? (
            <Nothing>No threshold was passed yet.</Nothing>
          ) : (
            <ul aria-label="News" className="mt-2 divide-y divide-line border-t border-line">
              {events.map((event) => (
                <NewsRow key={event.id} event={event} unit={budget.unit} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function NewsRow({ event, unit }: { event: BudgetEvent; unit: Budget["unit"] }) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 text-sm">
      {event.kind === "stopped" ? <Badge tone="bad">calls stopped</Badge> : <Badge tone={event.percent >= 100 ? "bad" : "warn"}>{event.percent} % passed</Badge>}
      <span className="tabular">
        {formatAmount(event.spent, unit)} <span className="text-muted">of {formatAmount(event.limit, unit)}</span>
      </span>
      <time dateTime={event.at} title={formatFullTime(event.at)} className="ml-auto text-xs text-muted">
        {formatListTime(event.at, new Date())}
      </time>
    </li>
  );
}
