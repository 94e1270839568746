import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { fetchBreakdown, fetchSummary } from "@/api/endpoints";
import { fetchProviders } from "@/api/gateway-endpoints";
import { formatCount, formatExact } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatSum } from "@/format/money";
import { formatRefusal } from "@/format/refusal";
import { paths } from "@/paths";
import { scopeParameters, withList, type Scope } from "@/scope/scope";
import { Badge } from "@/ui/badge";
import { Card, CardHeader } from "@/ui/card";

/** These figures are counted from the calls themselves, not from totals: they are asked for less often. */
const REFRESH_MS = 60_000;
const REASONS_MAX = 6;

/** What went through the gateway in the scope's time, and what it refused. Nothing where no provider is set up, or no call went through. */
export function GatewayCard({ scope }: { scope: Scope }) {
  const isSetUp = (useQuery({ queryKey: ["gateway-providers"], queryFn: ({ signal }) => fetchProviders(signal), staleTime: REFRESH_MS }).data?.length ?? 0) > 0;
  const through = withList(scope, "source", ["gateway"]);
  const refused = withList(through, "status", ["blocked"]);
  const summary = useQuery({ queryKey: ["overview-gateway", scopeParameters(through)], queryFn: ({ signal }) => fetchSummary(scopeParameters(through), signal), enabled: isSetUp, refetchInterval: REFRESH_MS }).data;
  const reasons = useQuery({ queryKey: ["overview-gateway", "reasons", scopeParameters(refused)], queryFn: ({ signal }) => fetchBreakdown(scopeParameters(refused), "error_type", REASONS_MAX, signal), enabled: isSetUp, refetchInterval: REFRESH_MS }).data?.rows ?? [];
  if (summary === undefined || summary.calls === 0) return null;
  const refusals = reasons.reduce((sum, row) => sum + row.spans, 0);
  return (
    <Card aria-label="Through the gateway">
      <CardHeader title="Through the gateway">
        <Link {...paths.gatewayRequests()} className="text-xs text-accent-text underline underline-offset-2">
          Live requests
        </Link>
      </CardHeader>
      <dl className="flex flex-wrap gap-x-10 gap-y-3 px-4 pt-1 pb-4">
        <Figure label="Calls">{formatCount(summary.calls)}</Figure>
        <Figure label="Cost">{formatSum(summary)}</Figure>
        <Figure label="First token p50">{formatMs(summary.time_to_first_token_ms.p50)}</Figure>
        <Figure label="Refused">{formatCount(refusals)}</Figure>
        {refusals > 0 && (
          <div className="min-w-0">
            <dt className="label-caps">Because of</dt>
            <dd className="mt-1 flex flex-wrap gap-1.5">
              {reasons.map((row) => (
                <Link key={row.key} {...paths.gatewayRequests({ ...(scope.range === undefined ? {} : { range: scope.range }), status: ["blocked"], error_type: [row.key] })} className="rounded-sm">
                  <Badge tone="violet" size="md">
                    {formatRefusal(row.key)} <span className="tabular">{formatExact(row.spans)}</span>
                  </Badge>
                </Link>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </Card>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="label-caps">{label}</dt>
      <dd className="text-lg font-semibold tracking-tight tabular">{children}</dd>
    </div>
  );
}
