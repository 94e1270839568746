import type { Budget } from "@/api/control-types";
import { formatShare } from "@/format/count";
import { cn } from "@/ui/cn";

import { barOf, formatAmount, shareOf } from "./words";

const FILL: Record<Budget["state"], string> = { ok: "bg-accent", warning: "bg-warn-fill", over: "bg-bad", overridden: "bg-violet" };

/** Spent, held, thresholds, the limit, and where it is heading as a ghost. */
export function BudgetBar({ budget, large = false }: { budget: Budget; large?: boolean }) {
  const bar = barOf(budget);
  const said = `${formatShare(budget.spent + budget.held, budget.limit)} of ${formatAmount(budget.limit, budget.unit)} spent or held`;
  return (
    <div
      role="meter"
      aria-label={`${budget.name}: ${said}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, Math.round(shareOf(budget) * 100))}
      aria-valuetext={said}
      className={cn("relative w-full", large ? "h-7" : "h-5")}
    >
      <div className="absolute inset-x-0 top-1 bottom-1 overflow-hidden rounded-sm bg-sunken ring-1 ring-line ring-inset">
        {bar.interval !== null && <span data-part="interval" className={cn("absolute inset-y-0 opacity-20", FILL[budget.state])} style={{ left: `${bar.interval.from}%`, width: `${bar.interval.to - bar.interval.from}%` }} />}
        {bar.expected !== null && bar.expected > bar.spent && <span className={cn("absolute inset-y-0 opacity-15", FILL[budget.state])} style={{ left: `${bar.spent}%`, width: `${bar.expected - bar.spent}%` }} />}
        <span className={cn("absolute inset-y-0 left-0", FILL[budget.state])} style={{ width: `${bar.spent}%` }} />
        <span className={cn("absolute inset-y-0 opacity-50", FILL[budget.state])} style={{ left: `${bar.spent}%`, width: `${bar.held}%` }} />
        {bar.thresholds.map((each) => (
          <span key={each.percent} title={`${each.percent} %`} className={cn("absolute inset-y-0 w-px", each.isPassed ? "bg-surface/80" : "bg-line-strong")} style={{ left: `${each.at}%` }} />
        ))}
      </div>
      <span title="Limit" className="absolute inset-y-0 w-0.5 -translate-x-full rounded-full bg-text" style={{ left: `${bar.limit}%` }} />
      {bar.expected !== null && <span title="Expected at the end" className="absolute inset-y-0 w-px bg-muted" style={{ left: `calc(${bar.expected}% - 1px)` }} />}
    </div>
  );
}

/** What the parts of a bar mean. */
export function BarLegend() {
  const parts = [
    ["spent", "size-2 rounded-[2px] bg-accent"],
    ["held for calls under way", "size-2 rounded-[2px] bg-accent opacity-50"],
    ["expected, 80 % sure", "size-2 rounded-[2px] bg-accent opacity-25"],
    ["threshold", "h-2.5 w-px bg-line-strong"],
    ["limit", "h-2.5 w-0.5 rounded-full bg-text"],
  ] as const;
  return (
    <ul aria-label="What the bars show" className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {parts.map(([label, look]) => (
        <li key={label} className="flex items-center gap-1.5">
          <span aria-hidden className={look} />
          {label}
        </li>
      ))}
    </ul>
  );
}
