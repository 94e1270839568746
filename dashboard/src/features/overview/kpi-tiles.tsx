import { ArrowDownRight, ArrowUpRight } from "lucide-react";

import type { SeriesPoint, Summary } from "@/api/types";
import { Sparkline } from "@/charts/sparkline";
import { formatChange } from "@/format/count";
import { UNPRICED } from "@/format/money";
import { UnpricedBadge } from "@/ui/badge";
import { cn } from "@/ui/cn";
import { Skeleton } from "@/ui/state";

import { TILE_LABELS, tilesOf, toneOf, type Tile } from "./tiles";

const GRID = "grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line shadow-card sm:grid-cols-3 xl:grid-cols-6";
const TONES = { good: "text-good", bad: "text-bad", neutral: "text-faint" };

/** The period in six figures. */
export function KpiTiles({ summary, points }: { summary: Summary; points: readonly SeriesPoint[] }) {
  return (
    <ul aria-label="Key figures" className={GRID}>
      {tilesOf(summary, points).map((tile) => (
        <KpiTile key={tile.label} tile={tile} />
      ))}
    </ul>
  );
}

function KpiTile({ tile }: { tile: Tile }) {
  const tone = toneOf(tile);
  return (
    <li className="flex min-w-0 flex-col bg-surface px-4 pt-3 pb-2" aria-label={`${tile.label}: ${tile.value}`}>
      <div className="flex items-center justify-between gap-2">
        <span className="text-xs font-medium text-muted">{tile.label}</span>
        {tile.change !== null && (
          <span className={cn("flex items-center text-xs tabular", TONES[tone])} title="Against the period before">
            {tile.change > 0.0005 ? <ArrowUpRight aria-hidden className="size-3.5" /> : tile.change < -0.0005 ? <ArrowDownRight aria-hidden className="size-3.5" /> : null}
            {formatChange(tile.change)}
          </span>
        )}
      </div>
      <div className="mt-0.5 flex min-w-0 items-baseline gap-2">
        <span className={cn("text-2xl font-semibold tracking-tight tabular", tile.value === UNPRICED && "text-warn")}>{tile.value}</span>
      </div>
      <div className="flex h-[18px] items-center truncate text-xs text-faint">{tile.unpriced > 0 ? <UnpricedBadge count={tile.unpriced} /> : tile.detail}</div>
      <div className="mt-1.5">
        <Sparkline values={tile.points} bad={tile.label === "Errors"} />
      </div>
    </li>
  );
}

export function KpiTilesLoading() {
  return (
    <div role="status" aria-label="Loading key figures" className={GRID}>
      {TILE_LABELS.map((label) => (
        <div key={label} className="flex h-[130px] flex-col gap-2 bg-surface px-4 py-3">
          <Skeleton className="h-3 w-16" />
          <Skeleton className="h-6 w-20" />
          <Skeleton className="mt-auto h-5 w-full" />
        </div>
      ))}
    </div>
  );
}
