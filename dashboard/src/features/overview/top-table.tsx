import type { Breakdown, BreakdownRow } from "@/api/types";
import { formatCount, formatShare } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatSum, UNPRICED } from "@/format/money";
import { UnpricedBadge } from "@/ui/badge";
import { Card, CardHeader } from "@/ui/card";
import { cn } from "@/ui/cn";
import { ErrorState, SkeletonRows } from "@/ui/state";

interface TopTableProps {
  title: string;
  noun: string;
  loaded: { data: Breakdown | undefined; error: Error | null; refetch: () => unknown };
  chosen: readonly string[];
  onPick: (key: string) => void;
  className?: string;
}

/** The biggest values of a dimension; a row filters by it. */
export function TopTable({ title, noun, loaded, chosen, onPick, className }: TopTableProps) {
  return (
    <Card className={cn("@container", className)}>
      <CardHeader title={title} />
      {loaded.error !== null ? (
        <ErrorState compact error={loaded.error} onRetry={() => void loaded.refetch()} />
      ) : loaded.data === undefined ? (
        <SkeletonRows rows={5} label={`Loading ${title}`} />
      ) : (
        <Rows title={title} noun={noun} rows={loaded.data.rows} chosen={chosen} onPick={onPick} />
      )}
    </Card>
  );
}

function Rows({ title, noun, rows, chosen, onPick }: { title: string; noun: string; rows: readonly BreakdownRow[]; chosen: readonly string[]; onPick: (key: string) => void }) {
  if (rows.length === 0) return <p className="px-4 pt-2 pb-6 text-sm text-faint">Nothing in this time</p>;
  const most = Math.max(...rows.map((row) => row.cost_usd));
  return (
    <table className="mb-2 w-full table-fixed text-sm">
      <caption className="sr-only">{title}, by cost</caption>
      <thead>
        <tr className="label-caps *:h-7 *:px-2 *:text-right *:font-medium">
          <th scope="col" className="pl-4! text-left!">
            {noun}
          </th>
          <th scope="col" className="w-20">
            Cost
          </th>
          <th scope="col" className="w-16">
            Calls
          </th>
          <th scope="col" className="hidden w-18 @3xl:table-cell">
            Errors
          </th>
          <th scope="col" className="hidden w-18 @md:table-cell">
            Tokens
          </th>
          <th scope="col" className="hidden w-18 @3xl:table-cell">
            p50
          </th>
          <th scope="col" className="w-18 pr-4!">
            p95
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={`${row.provider ?? ""}/${row.key}`} row={row} share={most > 0 ? row.cost_usd / most : 0} noun={noun} isChosen={chosen.includes(row.key)} onPick={onPick} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, share, noun, isChosen, onPick }: { row: BreakdownRow; share: number; noun: string; isChosen: boolean; onPick: (key: string) => void }) {
  const cost = formatSum(row);
  const name = row.key || `(no ${noun.toLowerCase()})`;
  return (
    <tr className={cn("group h-8 *:px-2 hover:bg-hover", isChosen && "bg-accent-soft")}>
      <th scope="row" className="relative pl-4! text-left font-normal">
        <span aria-hidden className="absolute inset-y-1 left-2 rounded-sm bg-accent opacity-10" style={{ width: `calc(${(share * 100).toFixed(1)}% - 8px)` }} />
        {row.key === "" ? (
          <span className="relative text-faint">{name}</span>
        ) : (
          <button type="button" aria-pressed={isChosen} title={`Filter by ${name}`} onClick={() => onPick(row.key)} className="relative flex max-w-full items-baseline gap-1.5">
            <span className="truncate font-medium group-hover:underline group-hover:decoration-line-strong group-hover:underline-offset-2">{name}</span>
            {row.provider && <span className="hidden truncate text-xs text-muted @lg:inline">{row.provider}</span>}
          </button>
        )}
      </th>
      <td className="text-right tabular">
        {cost === UNPRICED ? (
          <UnpricedBadge />
        ) : (
          <span title={row.unpriced > 0 ? `${row.unpriced} calls are unpriced and not part of this` : undefined}>
            {cost}
            {row.unpriced > 0 && <span className="text-warn" aria-label={`and ${row.unpriced} unpriced calls`}>+</span>}
          </span>
        )}
      </td>
      <td className="text-right tabular" title={row.errors > 0 ? `${row.errors} failed (${formatShare(row.errors, row.calls)})` : undefined}>
        {formatCount(row.calls)}
      </td>
      <td className={cn("hidden text-right tabular @3xl:table-cell", row.errors > 0 ? "text-bad" : "text-faint")}>{formatShare(row.errors, row.calls)}</td>
      <td className="hidden text-right text-muted tabular @md:table-cell">{formatCount(row.input_tokens + row.output_tokens)}</td>
      <td className="hidden text-right text-muted tabular @3xl:table-cell">{formatMs(row.latency_ms.p50)}</td>
      <td className="pr-4! text-right text-muted tabular">{formatMs(row.latency_ms.p95)}</td>
    </tr>
  );
}
