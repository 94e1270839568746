import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { FileQuestion } from "lucide-react";
import { useState } from "react";

import { ApiError } from "@/api/client";
import { Dialog, SheetContent } from "@/ui/dialog";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";
import { useWidth } from "@/ui/use-size";

import { useTrace } from "./queries";
import { SPAN_VIEWS, SpanPanel, type SpanView } from "./span-panel";
import { TraceHeader } from "./trace-header";
import { Waterfall } from "./waterfall";

/** From this width on, tree and span stand side by side; below, the span covers the tree. */
const SPLIT_FROM_PX = 860;

/** One trace: its tree on a time line, and the span that is looked at. */
export function TracePage() {
  const { traceId } = useParams({ from: "/traces/$traceId" });
  const search = useSearch({ from: "/traces/$traceId" });
  const navigate = useNavigate({ from: "/traces/$traceId" });
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [measure, width] = useWidth();
  const trace = useTrace(traceId);

  const summary = trace.data?.pages[0]?.summary;
  if (trace.error !== null && summary === undefined) return <TraceError error={trace.error} onRetry={() => void trace.refetch()} />;
  if (summary === undefined) return <SkeletonRows label="Loading trace" rows={12} />;

  const nodes = trace.data?.pages.flatMap((page) => page.nodes) ?? [];
  const isSplit = width >= SPLIT_FROM_PX;
  const selectedId = search.span ?? (isSplit ? (nodes[0]?.span_id ?? null) : null);
  const view: SpanView = SPAN_VIEWS.find((one) => one === search.view) ?? "messages";
  const select = (span: string | undefined) => void navigate({ search: { ...search, span }, replace: search.span !== undefined && span !== undefined });
  const setView = (next: SpanView) => void navigate({ search: { ...search, view: next === "messages" ? undefined : next }, replace: true });
  const fold = (spanId: string, isFolded: boolean) => {
    const next = new Set(folded);
    if (isFolded) next.add(spanId);
    else next.delete(spanId);
    setFolded(next);
  };
  const panel = selectedId !== null && <SpanPanel traceId={traceId} spanId={selectedId} view={view} onView={setView} />;

  return (
    <div ref={measure} className="flex h-full flex-col">
      <TraceHeader summary={summary} />
      <div className="flex min-h-0 flex-1">
        <section aria-label="Waterfall" className="flex min-w-0 flex-1 flex-col bg-surface">
          <Waterfall
            nodes={nodes}
            summary={summary}
            folded={folded}
            selectedId={selectedId}
            hasMore={trace.hasNextPage}
            isLoadingMore={trace.isFetchingNextPage}
            onFold={fold}
            onSelect={select}
            onMore={() => {
              if (!trace.isFetchingNextPage) void trace.fetchNextPage();
            }}
          />
        </section>
        {isSplit && (
          <section aria-label="Selected span" className="flex w-[44%] max-w-[680px] min-w-[400px] flex-col border-l border-line bg-surface">
            {panel}
          </section>
        )}
      </div>
      {!isSplit && width > 0 && (
        <Dialog open={selectedId !== null} onOpenChange={(open) => !open && select(undefined)}>
          <SheetContent title="Span" side="right">
            {panel}
          </SheetContent>
        </Dialog>
      )}
    </div>
  );
}

function TraceError({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <EmptyState icon={<FileQuestion />} title="This trace is not here">
        It may belong to another project, be past its retention, or not have been stored yet.
      </EmptyState>
    );
  }
  return <ErrorState error={error} onRetry={onRetry} />;
}
