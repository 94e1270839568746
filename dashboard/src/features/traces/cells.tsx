import { UnpricedBadge, Badge } from "@/ui/badge";
import { formatCount } from "@/format/count";
import { formatSum, formatUsd, UNPRICED } from "@/format/money";
import type { SessionSummary, TraceSummary } from "@/api/types";

export function TokensCell({ input, output }: { input: number | null | undefined; output: number | null | undefined }) {
  if (input == null && output == null) return <span className="text-faint">–</span>;
  if (input === 0 && output === 0) return <span className="text-faint">0</span>;
  return (
    <span title={`${formatCount(input)} in, ${formatCount(output)} out`}>
      {formatCount(input)} <span className="text-faint">→</span> {formatCount(output)}
    </span>
  );
}

export function TraceCost({ trace }: { trace: TraceSummary }) {
  const cost = formatSum(trace);
  if (cost === UNPRICED) return <UnpricedBadge />;
  if (trace.calls === 0) return <span className="text-faint">–</span>;
  return (
    <span title={trace.unpriced > 0 ? `${trace.unpriced} calls are unpriced` : undefined}>
      {cost}
      {trace.unpriced > 0 && <span className="text-warn">+</span>}
    </span>
  );
}

/** Nothing but unpriced calls sums to 0 too, and the list does not say which it was: so 0 is never claimed. */
export function SessionCost({ session }: { session: SessionSummary }) {
  return session.cost_nanousd === 0 ? <span className="text-faint">–</span> : formatUsd(session.cost_usd);
}

export function TagsCell({ tags }: { tags: readonly string[] }) {
  return (
    <span className="flex min-w-0 items-center gap-1" title={tags.join(", ")}>
      {tags.slice(0, 1).map((tag) => (
        <Badge key={tag} className="min-w-0">
          <span className="truncate">{tag}</span>
        </Badge>
      ))}
      {tags.length > 1 && <span className="shrink-0 text-xs text-faint">+{tags.length - 1}</span>}
    </span>
  );
}
