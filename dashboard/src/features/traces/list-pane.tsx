import { useNavigate } from "@tanstack/react-router";
import type { ColumnDef } from "@tanstack/react-table";
import { ArrowUp } from "lucide-react";
import { useState, type ReactNode } from "react";

import { plural } from "@/format/count";
import { paths, type TraceTab } from "@/paths";
import { LiveToggle } from "@/scope/live-toggle";
import { isRolling, type Scope } from "@/scope/scope";
import { useLiveChoice } from "@/scope/use-live-choice";
import { cn } from "@/ui/cn";
import { ErrorState, SkeletonRows } from "@/ui/state";
import { useKeys } from "@/ui/use-keys";
import { VirtualGrid } from "@/ui/virtual-grid";

import { SessionCard, SpanCard, TraceCard } from "./cards";
import { SESSION_COLUMNS, SPAN_COLUMNS, TRACE_COLUMNS } from "./columns";
import { ID_OF, useList, type Lists } from "./queries";
import { useNews } from "./use-news";

const COLUMNS: { [tab in TraceTab]: ColumnDef<Lists[tab]>[] } = { traces: TRACE_COLUMNS, spans: SPAN_COLUMNS, sessions: SESSION_COLUMNS };

const CARDS: { [tab in TraceTab]: (row: Lists[tab]) => ReactNode } = {
  traces: (trace) => <TraceCard trace={trace} />,
  spans: (span) => <SpanCard span={span} />,
  sessions: (session) => <SessionCard session={session} />,
};

const LINKS: { [tab in TraceTab]: (row: Lists[tab]) => ReturnType<typeof paths.trace> | ReturnType<typeof paths.traces> } = {
  traces: (trace) => paths.trace(trace.trace_id),
  spans: (span) => paths.trace(span.trace_id, span.span_id),
  sessions: (session) => paths.traces({ session_id: [session.session_id] }),
};

/** One of the lists, with news, keyboard and paging. `empty` is shown when nothing passes. */
export function ListPane<K extends TraceTab>({ tab, scope, empty, controls }: { tab: K; scope: Scope; empty: ReactNode; controls: (live: ReactNode) => ReactNode }) {
  const navigate = useNavigate();
  const [live, setLive] = useLiveChoice();
  const [isAtTop, setIsAtTop] = useState(true);
  const [activeId, setActiveId] = useState<string | null>(null);
  const { query, bringNewest } = useList(tab, scope);
  const idOf = ID_OF[tab] as (row: Lists[K]) => string;
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const newIds = useNewIds(rows.map(idOf), query.data !== undefined && !query.isPlaceholderData);
  const news = useNews(scope, live && isAtTop, bringNewest);

  const open = (row: Lists[K]) => void navigate((LINKS[tab] as (row: Lists[K]) => ReturnType<typeof paths.trace>)(row));
  const move = (step: number) => {
    const at = rows.findIndex((row) => idOf(row) === activeId);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
    if (next !== undefined) setActiveId(idOf(next));
  };
  const onArrow = (step: number) => (event: KeyboardEvent) => {
    event.preventDefault();
    move(step);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: onArrow(1),
    ArrowUp: onArrow(-1),
    Enter: (event) => {
      const row = rows.find((one) => idOf(one) === activeId);
      const isOwn = event.target instanceof Element && event.target.closest("a, button") !== null;
      if (row !== undefined && !isOwn) open(row);
    },
  });

  return (
    <>
      {controls(isRolling(scope) && <LiveToggle live={live} state={news.state} onChange={setLive} />)}
      <div className={cn("relative flex min-h-0 flex-1 flex-col border-t border-line bg-surface transition-opacity", query.isPlaceholderData && "opacity-60")}>
        {news.waiting > 0 && (
          <button
            type="button"
            onClick={() => {
              news.show();
              setActiveId(null);
            }}
            className="absolute top-10 left-1/2 z-20 flex h-7 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent px-3 text-xs font-semibold text-on-accent shadow-pop animate-pop hover:bg-accent-hover"
          >
            <ArrowUp aria-hidden className="size-3.5" />
            {plural(news.waiting, "new trace")}
          </button>
        )}
        {query.error !== null && query.data === undefined ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : query.data === undefined ? (
          <SkeletonRows rows={14} label={`Loading ${tab}`} />
        ) : rows.length === 0 ? (
          empty
        ) : (
          <VirtualGrid
            label={tab}
            rows={rows}
            columns={COLUMNS[tab] as ColumnDef<Lists[K]>[]}
            idOf={idOf}
            card={CARDS[tab] as (row: Lists[K]) => ReactNode}
            activeId={activeId}
            newIds={newIds}
            onOpen={open}
            onTop={setIsAtTop}
            onEnd={() => {
              if (query.hasNextPage && !query.isFetchingNextPage && !query.isPlaceholderData) void query.fetchNextPage();
            }}
            footer={<Footer count={rows.length} noun={tab} query={query} />}
          />
        )}
      </div>
    </>
  );
}

function Footer({ count, noun, query }: { count: number; noun: string; query: { hasNextPage: boolean; isFetchNextPageError: boolean; error: Error | null; fetchNextPage: () => unknown } }) {
  if (query.isFetchNextPageError && query.error !== null) return <ErrorState compact error={query.error} onRetry={() => void query.fetchNextPage()} />;
  return (
    <p role="status" className="px-4 py-3 text-center text-xs text-faint">
      {query.hasNextPage ? "Loading more…" : `${count.toLocaleString("en-US")} ${count === 1 ? noun.slice(0, -1) : noun}, that is all`}
    </p>
  );
}

/** Those ids that were not there before, so that they can light up once. */
function useNewIds(ids: string[], ready: boolean): ReadonlySet<string> {
  const [state, setState] = useState<{ first: string | undefined; known: ReadonlySet<string>; fresh: ReadonlySet<string> }>({ first: undefined, known: new Set(), fresh: new Set() });
  const first = ids[0];
  if (ready && first !== state.first) {
    const isMerge = ids.some((id) => state.known.has(id));
    const fresh = isMerge ? new Set(ids.filter((id) => !state.known.has(id))) : new Set<string>();
    setState({ first, known: new Set(ids), fresh });
  }
  return state.fresh;
}
