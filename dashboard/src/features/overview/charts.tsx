import { useMemo } from "react";

import type { TimeSeries } from "@/api/types";
import type { ChartSeries } from "@/charts/options";
import { TimeChart } from "@/charts/time-chart";
import { formatCount } from "@/format/count";
import { formatMs, formatMsShort } from "@/format/duration";
import { formatUsd, formatUsdShort } from "@/format/money";
import { Card, CardHeader } from "@/ui/card";
import { ErrorState, Skeleton } from "@/ui/state";

import { costSeries, frameOf, onlyLine, percentileSeries, requestSeries, tokenSeries, type Format } from "./chart-series";

interface Loaded {
  data: TimeSeries | undefined;
  error: Error | null;
  refetch: () => unknown;
}

interface Definition {
  title: string;
  note?: string;
  series: (series: TimeSeries) => ChartSeries[];
  format: Format;
  formatAxis: Format;
}

const CHARTS: readonly Definition[] = [
  { title: "Requests", series: (series) => requestSeries(onlyLine(series)), format: formatCount, formatAxis: formatCount },
  { title: "Tokens", series: (series) => tokenSeries(onlyLine(series)), format: formatCount, formatAxis: formatCount },
  { title: "Latency", series: (series) => percentileSeries(onlyLine(series), "latency_ms"), format: formatMs, formatAxis: formatMsShort },
  { title: "Time to first token", series: (series) => percentileSeries(onlyLine(series), "time_to_first_token_ms"), format: formatMs, formatAxis: formatMsShort },
];
const COST: Definition = { title: "Cost by model", series: costSeries, format: formatUsd, formatAxis: formatUsdShort };

export function Charts({ series, byModel, onModel }: { series: Loaded; byModel: Loaded; onModel: (model: string) => void }) {
  const [requests, ...others] = CHARTS;
  return (
    <div className="grid gap-4 lg:grid-cols-6">
      {requests && <ChartCard definition={requests} loaded={series} className="lg:col-span-3" />}
      <ChartCard definition={COST} loaded={byModel} onPick={onModel} className="lg:col-span-3" />
      {others.map((definition) => (
        <ChartCard key={definition.title} definition={definition} loaded={series} className="lg:col-span-2" />
      ))}
    </div>
  );
}

function ChartCard({ definition, loaded, onPick, className }: { definition: Definition; loaded: Loaded; onPick?: (name: string) => void; className: string }) {
  return (
    <Card className={className}>
      <CardHeader title={definition.title} />
      <div className="min-h-[222px]">
        {loaded.error !== null ? (
          <ErrorState compact error={loaded.error} onRetry={() => void loaded.refetch()} />
        ) : loaded.data === undefined ? (
          <div role="status" aria-label={`Loading ${definition.title}`} className="p-4">
            <Skeleton className="h-40 w-full" />
          </div>
        ) : (
          <Drawn definition={definition} data={loaded.data} onPick={onPick} />
        )}
      </div>
    </Card>
  );
}

function Drawn({ definition, data, onPick }: { definition: Definition; data: TimeSeries; onPick: ((name: string) => void) | undefined }) {
  const series = useMemo(() => definition.series(data), [definition, data]);
  const frame = useMemo(() => frameOf(data, definition.format, definition.formatAxis), [definition, data]);
  if (series.every((one) => one.points.every(([, value]) => value === null || value === 0))) {
    return <p className="flex h-[200px] items-center justify-center text-sm text-faint">Nothing in this time</p>;
  }
  return <TimeChart label={`${definition.title} over time`} series={series} frame={frame} {...(onPick ? { onPick } : {})} />;
}
