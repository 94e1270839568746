import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { fetchGatewaySummary, fetchProviders } from "@/api/gateway-endpoints";
import { formatCount, formatExact } from "@/format/count";
import { formatMs } from "@/format/duration";
import { formatUsd } from "@/format/money";
import { formatRefusal } from "@/format/refusal";
import { paths } from "@/paths";
import { hasFilters, scopeParameters, type Scope } from "@/scope/scope";
import { Badge } from "@/ui/badge";
import { Card, CardHeader } from "@/ui/card";

/** These figures are counted from the calls themselves, not from totals: they are asked for less often. */
const REFRESH_MS = 30_000;
const REASONS_SHOWN = 6;

/** What went through the gateway in the scope's time, what that saved, and what it refused. Nothing where calls are
 *  filtered, for its figures are of all, where no provider is set up, or no call went through. */
export function GatewayCard({ scope }: { scope: Scope }) {
  const isSetUp = (useQuery({ queryKey: ["gateway-providers"], queryFn: ({ signal }) => fetchProviders(signal), staleTime: REFRESH_MS }).data?.length ?? 0) > 0;
  const parameters = scopeParameters(scope);
  const { data } = useQuery({ queryKey: ["overview-gateway", parameters], queryFn: ({ signal }) => fetchGatewaySummary(parameters, signal), enabled: isSetUp && !hasFilters(scope), refetchInterval: REFRESH_MS });
  if (data === undefined || (data.calls === 0 && data.calls_under_way === 0)) return null;
  const time = Object.fromEntries(Object.entries({ range: scope.range, from: scope.from, to: scope.to }).filter(([, value]) => value !== undefined)) as Scope;
  return (
    <Card aria-label="Through the gateway">
      <CardHeader title="Through the gateway">
        <Link {...paths.gatewayRequests(time)} className="text-xs text-accent-text underline underline-offset-2">
          Live requests
        </Link>
      </CardHeader>
      <dl className="grid grid-cols-2 gap-x-8 gap-y-3 px-4 pt-1 pb-4 sm:grid-cols-3 xl:grid-cols-6">
        <Figure label="Calls">{formatCount(data.calls)}</Figure>
        <Figure label="Under way">{formatCount(data.calls_under_way)}</Figure>
        <Figure label="From the cache" detail={data.cache_hits > 0 ? `saved ${formatUsd(data.saved_usd)}` : "no hit yet"}>
          {formatCount(data.cache_hits)}
        </Figure>
        <Figure label="Added p50" detail={`p99 ${formatMs(data.added_ms.p99)}`}>
          {formatMs(data.added_ms.p50)}
        </Figure>
        <Figure label="First token p50">{formatMs(data.time_to_first_token_ms.p50)}</Figure>
        <Figure label="Refused">{formatCount(data.refused)}</Figure>
      </dl>
      {data.refusals.length > 0 && (
        <ul aria-label="Refused because of" className="flex flex-wrap gap-1.5 px-4 pb-4">
          {data.refusals.slice(0, REASONS_SHOWN).map((refusal) => (
            <li key={refusal.error_type}>
              <Link {...paths.gatewayRequests({ ...time, status: ["blocked"], error_type: [refusal.error_type] })} className="rounded-sm">
                <Badge tone="violet" size="md">
                  {formatRefusal(refusal.error_type)} <span className="tabular">{formatExact(refusal.calls)}</span>
                </Badge>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Figure({ label, detail, children }: { label: string; detail?: string; children: ReactNode }) {
  return (
    <div>
      <dt className="label-caps">{label}</dt>
      <dd className="text-lg font-semibold tracking-tight tabular">
        {children}
        {detail !== undefined && <span className="block text-xs font-normal tracking-normal text-muted">{detail}</span>}
      </dd>
    </div>
  );
}
