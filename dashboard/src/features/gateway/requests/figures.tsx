import type { ReactNode } from "react";

import { formatCount } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatUsd } from "@/format/money";
import type { Scope } from "@/scope/scope";

import { useSummary } from "./queries";

/** What the calls of the scope's time came to: how soon they were answered, and what the cache saved. */
export function Figures({ scope }: { scope: Scope }) {
  const { data } = useSummary(scope);
  if (data === undefined || data.calls === 0) return null;
  return (
    <dl aria-label="In this time" className="flex flex-wrap gap-x-4 gap-y-1 text-xs md:ml-auto">
      <Figure label="First token p50">{formatMs(data.time_to_first_token_ms.p50)}</Figure>
      <Figure label="Added by the gateway p50">{formatMs(data.added_ms.p50)}</Figure>
      <Figure label="From the cache">
        {formatCount(data.cache_hits)}
        {data.cache_hits > 0 && `, saved ${formatUsd(data.saved_usd)}`}
      </Figure>
    </dl>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex gap-1.5 whitespace-nowrap">
      <dt className="text-muted">{label}</dt>
      <dd className="font-medium tabular">{children}</dd>
    </div>
  );
}
