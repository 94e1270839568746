import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeftRight, ArrowUp, Server } from "lucide-react";
import { useState } from "react";

import { plural } from "@/format/count";
import { formatRefusal } from "@/format/refusal";
import { paths } from "@/paths";
import { LiveToggle } from "@/scope/live-toggle";
import { RangePicker } from "@/scope/range-picker";
import { isRolling, withList, type Scope } from "@/scope/scope";
import { useLiveChoice } from "@/scope/use-live-choice";
import { useScope } from "@/scope/use-scope";
import { Button } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";
import { Segmented } from "@/ui/tabs";
import { VirtualGrid } from "@/ui/virtual-grid";

import { useProviders } from "../queries";
import { COLUMNS, RequestCard } from "./columns";
import { Figures } from "./figures";
import { idOf } from "./news";
import { useReasons, useRequests } from "./queries";
import { SHOWN, shownOf, type Shown } from "./shown";

/** What goes through the gateway, as it comes. */
export function RequestsPage() {
  const state = useScope();
  const { scope } = state;
  const [live, setLive] = useLiveChoice();
  const [isAtTop, setIsAtTop] = useState(true);
  const navigate = useNavigate();
  const { query, rows, waiting, state: liveState, show } = useRequests(scope, live && isAtTop);
  const choose = (shown: Shown | "") => {
    const { error_type: _reason, status: _status, ...rest } = scope;
    state.set(withList(rest, "status", [...(SHOWN.find((each) => each.value === shown)?.status ?? [])]));
  };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title="Live requests">
        {isRolling(scope) && <LiveToggle live={live} state={liveState} onChange={setLive} />}
        <RangePicker scope={scope} onChange={state.set} />
      </PageHeader>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pb-3 md:px-6">
        <Segmented label="Which calls" value={shownOf(scope.status) ?? ""} options={SHOWN} onChange={choose} />
        <Reasons scope={scope} onChange={state.set} />
        <Figures scope={scope} />
      </div>
      <div className="relative flex min-h-0 flex-1 flex-col border-t border-line bg-surface">
        {waiting > 0 && (
          <button type="button" onClick={show} className="absolute top-10 left-1/2 z-20 flex h-7 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent px-3 text-xs font-semibold text-on-accent shadow-pop animate-pop hover:bg-accent-hover">
            <ArrowUp aria-hidden className="size-3.5" />
            {plural(waiting, "new call")}
          </button>
        )}
        {query.error !== null && query.data === undefined ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : query.data === undefined ? (
          <SkeletonRows rows={14} label="Loading calls" />
        ) : rows.length === 0 ? (
          <NoCalls isFiltered={state.isFiltered} onClear={state.clear} />
        ) : (
          <VirtualGrid
            label="calls"
            rows={rows}
            columns={COLUMNS}
            idOf={idOf}
            card={(span) => <RequestCard span={span} />}
            activeId={null}
            newIds={new Set()}
            onOpen={(span) => void navigate(paths.trace(span.trace_id, span.span_id))}
            onTop={setIsAtTop}
            onEnd={() => {
              if (query.hasNextPage && !query.isFetchingNextPage && !query.isPlaceholderData) void query.fetchNextPage();
            }}
            footer={<Footer count={rows.length} query={query} />}
          />
        )}
      </div>
    </div>
  );
}

/** Why calls were refused, as filters. */
function Reasons({ scope, onChange }: { scope: Scope; onChange: (scope: Scope) => void }) {
  const reasons = useReasons(scope).data?.rows ?? [];
  const chosen = scope.error_type ?? [];
  if (reasons.length === 0) return null;
  const toggle = (reason: string) => {
    const next = chosen.includes(reason) ? [] : [reason];
    onChange(withList(withList(scope, "status", ["blocked"]), "error_type", next));
  };
  return (
    <div role="group" aria-label="Refused because of" className="flex flex-wrap items-center gap-1.5">
      {reasons.map((row) => (
        <Button key={row.key} size="sm" aria-pressed={chosen.includes(row.key)} className="aria-pressed:border-violet aria-pressed:bg-violet-soft aria-pressed:text-violet" onClick={() => toggle(row.key)}>
          {formatRefusal(row.key)}
          <span className="tabular text-muted">{row.spans.toLocaleString("en-US")}</span>
        </Button>
      ))}
    </div>
  );
}

function NoCalls({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  const providers = useProviders();
  if (isFiltered) {
    return (
      <EmptyState icon={<ArrowLeftRight />} title="No call passes these filters">
        <p>Take one away, or look at a longer time.</p>
        <Button onClick={onClear}>Clear filters</Button>
      </EmptyState>
    );
  }
  const isSetUp = (providers.data?.length ?? 0) > 0;
  return (
    <EmptyState icon={isSetUp ? <ArrowLeftRight /> : <Server />} title="No call has come through the gateway yet">
      <p>{isSetUp ? "Point an app’s base URL here, or try a model in the playground." : "First add a provider with its key. Then point an app’s base URL here."}</p>
      <div className="mt-3 flex justify-center gap-2">
        <Button look="primary" asChild>
          {isSetUp ? <Link {...paths.connect("gateway")}>How to connect</Link> : <Link {...paths.providers()}>Add a provider</Link>}
        </Button>
        {isSetUp && (
          <Button asChild>
            <Link {...paths.playground()}>Playground</Link>
          </Button>
        )}
      </div>
    </EmptyState>
  );
}

function Footer({ count, query }: { count: number; query: { hasNextPage: boolean; isFetchNextPageError: boolean; error: Error | null; fetchNextPage: () => unknown } }) {
  if (query.isFetchNextPageError && query.error !== null) return <ErrorState compact error={query.error} onRetry={() => void query.fetchNextPage()} />;
  return (
    <p role="status" className="px-4 py-3 text-center text-xs text-faint">
      {query.hasNextPage ? "Loading more…" : `${plural(count, "call")}, that is all`}
    </p>
  );
}
