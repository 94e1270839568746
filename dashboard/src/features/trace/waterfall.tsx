import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useEffect, useEffectEvent, useRef, type KeyboardEvent } from "react";

import type { TraceNode, TraceSummary } from "@/api/types";
import { spanTitle } from "@/format/called";
import { formatMs } from "@/format/duration";
import { formatUsd } from "@/format/money";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { kindBar, KindIcon } from "@/ui/kind-icon";
import { useWidth } from "@/ui/use-size";

import { barOf, parentIndex, visibleNodes } from "./tree";

const ROW_PX = 32;
const ROWS_AHEAD = 40;
const BARS_FROM_PX = 560;
/** Deeper levels are indented no further: a deep tree must not push its names out of view. */
const DEEPEST_INDENT = 14;
const INDENT_PX = 16;

interface WaterfallProps {
  nodes: readonly TraceNode[];
  summary: TraceSummary;
  folded: ReadonlySet<string>;
  selectedId: string | null;
  hasMore: boolean;
  isLoadingMore: boolean;
  onFold: (spanId: string, folded: boolean) => void;
  onSelect: (spanId: string) => void;
  onMore: () => void;
}

/** The trace as a tree with bars on a time line. Only the rows in view exist. */
export function Waterfall(props: WaterfallProps) {
  const { nodes, folded, selectedId, hasMore, onFold, onSelect } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [measure, width] = useWidth();
  const rows = visibleNodes(nodes, folded);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PX, overscan: 16 });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  // What comes next may hang below a folded span: then it is asked for by hand, or folding would load everything.
  const endsInView = rows.at(-1)?.span_id === nodes.at(-1)?.span_id;
  const askForMore = useEffectEvent(props.onMore);

  useEffect(() => {
    if (hasMore && endsInView && lastShown >= rows.length - ROWS_AHEAD) askForMore();
  }, [hasMore, endsInView, lastShown, rows.length]);

  const selectedIndex = rows.findIndex((row) => row.span_id === selectedId);
  useEffect(() => {
    if (selectedIndex >= 0) virtual.scrollToIndex(selectedIndex);
  }, [selectedIndex, virtual]);

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[selectedIndex];
    const select = (index: number) => {
      const target = rows[Math.max(0, Math.min(rows.length - 1, index))];
      if (target !== undefined) onSelect(target.span_id);
    };
    const isOpen = row !== undefined && row.child_count > 0 && !folded.has(row.span_id);
    const actions: Record<string, () => void> = {
      ArrowDown: () => select(selectedIndex + 1),
      j: () => select(selectedIndex + 1),
      ArrowUp: () => select(selectedIndex - 1),
      k: () => select(selectedIndex - 1),
      Home: () => select(0),
      End: () => select(rows.length - 1),
      ArrowLeft: () => (row !== undefined && isOpen ? onFold(row.span_id, true) : select(parentIndex(rows, selectedIndex))),
      ArrowRight: () => (row !== undefined && row.child_count > 0 && !isOpen ? onFold(row.span_id, false) : select(selectedIndex + 1)),
    };
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };

  return (
    <div
      ref={(element) => {
        scroller.current = element;
        measure(element);
      }}
      className="min-h-0 flex-1 overflow-auto"
    >
      {width >= BARS_FROM_PX && <Scale durationMs={props.summary.duration_ms} />}
      <div
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={selectedIndex >= 0 ? `span-${rows[selectedIndex]?.span_id}` : undefined}
        className="relative outline-offset-[-2px]"
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {items.map((item) => {
          const node = rows[item.index];
          return node === undefined ? null : (
            <TreeRow
              key={node.span_id}
              node={node}
              top={item.start}
              summary={props.summary}
              hasBars={width >= BARS_FROM_PX}
              isSelected={node.span_id === selectedId}
              isFolded={folded.has(node.span_id)}
              onSelect={() => onSelect(node.span_id)}
              onFold={(fold) => onFold(node.span_id, fold)}
            />
          );
        })}
      </div>
      {hasMore && (
        <p className="flex items-center justify-center gap-2 py-2 text-xs text-faint" role="status">
          {nodes.length.toLocaleString("en-US")} of {props.summary.spans.toLocaleString("en-US")} spans
          {endsInView || props.isLoadingMore ? (
            " · loading more…"
          ) : (
            <Button size="sm" onClick={props.onMore}>
              Load more
            </Button>
          )}
        </p>
      )}
    </div>
  );
}

function TreeRow(props: {
  node: TraceNode;
  top: number;
  summary: TraceSummary;
  hasBars: boolean;
  isSelected: boolean;
  isFolded: boolean;
  onSelect: () => void;
  onFold: (fold: boolean) => void;
}) {
  const { node, hasBars, isSelected, isFolded } = props;
  const isBad = node.status === "error" || node.status === "timeout";
  const Caret = isFolded ? ChevronRight : ChevronDown;
  return (
    <div
      id={`span-${node.span_id}`}
      role="treeitem"
      aria-level={node.depth + 1}
      aria-selected={isSelected}
      aria-expanded={node.child_count > 0 ? !isFolded : undefined}
      onClick={props.onSelect}
      style={{ transform: `translateY(${props.top}px)`, height: ROW_PX }}
      className={cn(
        "absolute top-0 grid w-full cursor-pointer items-center gap-3 border-b border-line/50 pr-4 hover:bg-hover",
        hasBars ? "grid-cols-[minmax(0,46%)_minmax(0,1fr)_64px]" : "grid-cols-[minmax(0,1fr)_64px]",
        isSelected && "bg-accent-soft shadow-[inset_2px_0_0_var(--accent)] hover:bg-accent-soft",
      )}
    >
      <span className="flex min-w-0 items-center gap-1.5" style={{ paddingLeft: 8 + Math.min(node.depth, DEEPEST_INDENT) * INDENT_PX }}>
        <span
          aria-hidden
          className={cn("flex size-5 shrink-0 items-center justify-center rounded-sm text-faint", node.child_count > 0 && "hover:bg-line hover:text-text")}
          onClick={(event) => {
            if (node.child_count === 0) return;
            event.stopPropagation();
            props.onFold(!isFolded);
          }}
        >
          {node.child_count > 0 && <Caret className="size-3.5" />}
        </span>
        <KindIcon kind={node.kind} />
        <span className={cn("truncate", isBad && "font-medium text-bad")}>{spanTitle(node)}</span>
        {isBad && <span className="sr-only">{node.status}</span>}
        {node.child_count > 0 && isFolded && <span className="rounded-sm bg-sunken px-1 text-2xs text-muted">{node.child_count.toLocaleString("en-US")}</span>}
        {node.orphan && (
          <span className="truncate text-2xs text-warn" title="Its parent never arrived">
            orphan
          </span>
        )}
        {node.cost_usd !== null && node.cost_usd > 0 && <span className="ml-auto hidden pl-2 text-xs text-muted tabular lg:inline">{formatUsd(node.cost_usd)}</span>}
        {node.cost_source === "unpriced" && <span className="ml-auto hidden pl-2 text-2xs text-warn lg:inline">unpriced</span>}
      </span>
      {hasBars && <TimeBar node={node} summary={props.summary} isBad={isBad} />}
      <span className="text-right text-xs text-muted tabular">{formatMs(node.duration_ms)}</span>
    </div>
  );
}

function TimeBar({ node, summary, isBad }: { node: TraceNode; summary: TraceSummary; isBad: boolean }) {
  const { left, width } = barOf(node, summary);
  const first = node.time_to_first_token_ms !== null && node.duration_ms !== null && node.duration_ms > 0 ? node.time_to_first_token_ms / node.duration_ms : null;
  return (
    <span aria-hidden className="relative h-full">
      <span className={cn("absolute top-1/2 h-2.5 -translate-y-1/2 overflow-hidden rounded-[3px]", isBad ? "bg-bad" : kindBar(node.kind))} style={{ left: `${left}%`, width: `${width}%`, minWidth: 2 }}>
        {first !== null && <span className="absolute inset-y-0 left-0 bg-surface/55" style={{ width: `${Math.min(100, first * 100)}%` }} />}
      </span>
    </span>
  );
}

const TICKS = [0, 0.25, 0.5, 0.75, 1];

function Scale({ durationMs }: { durationMs: number }) {
  return (
    <div aria-hidden className="sticky top-0 z-10 grid h-8 grid-cols-[minmax(0,46%)_minmax(0,1fr)_64px] items-center gap-3 border-b border-line bg-sunken pr-4">
      <span className="pl-4 label-caps">Span</span>
      <span className="relative h-full">
        {TICKS.slice(0, -1).map((share) => (
          <span key={share} className="absolute top-0 flex h-full items-center border-l border-line pl-1 text-2xs text-faint tabular" style={{ left: `${share * 100}%` }}>
            {formatMs(durationMs * share)}
          </span>
        ))}
      </span>
      <span className="text-right label-caps">Duration</span>
    </div>
  );
}
