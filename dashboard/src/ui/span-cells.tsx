/** What lists say of a span, the same wherever it stands. */
import { formatUsd } from "@/format/money";
import { formatFullTime, formatListTime } from "@/format/time";

import { UnpricedBadge } from "./badge";

export function TimeCell({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={formatFullTime(iso)} className="text-muted tabular">
      {formatListTime(iso, new Date())}
    </time>
  );
}

export function SpanCost({ span }: { span: { cost_source: string; cost_usd: number | null } }) {
  if (span.cost_source === "unpriced") return <UnpricedBadge />;
  if (span.cost_usd === null) return <span className="text-faint">–</span>;
  return (
    <span title={span.cost_source}>
      {span.cost_source === "estimated" && <span className="text-warn">≈</span>}
      {formatUsd(span.cost_usd)}
    </span>
  );
}
