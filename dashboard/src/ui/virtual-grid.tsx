import { flexRender, getCoreRowModel, useReactTable, type ColumnDef, type Row, type RowData } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useRef, type ReactNode } from "react";

import { cn } from "./cn";
import { useWidth } from "./use-size";

declare module "@tanstack/react-table" {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the names must match the library's declaration
  interface ColumnMeta<TData extends RowData, TValue> {
    /** A CSS grid track: "84px", "minmax(120px,1fr)". */
    track: string;
    /** Shown from this width of the grid on, in CSS pixels. */
    from?: number;
    right?: boolean;
    /** Room before it, after a column that is aligned right. */
    gap?: boolean;
  }
}

const ROW_PX = 36;
const CARD_PX = 64;
const CARDS_BELOW_PX = 620;
/** Ask for more this many rows before the end comes into view. */
const ROWS_AHEAD = 15;

interface VirtualGridProps<T> {
  label: string;
  rows: readonly T[];
  columns: ColumnDef<T>[];
  idOf: (row: T) => string;
  /** How a row looks where columns do not fit. */
  card: (row: T) => ReactNode;
  activeId: string | null;
  newIds: ReadonlySet<string>;
  onOpen: (row: T) => void;
  onEnd: () => void;
  onTop: (isAtTop: boolean) => void;
  footer: ReactNode;
}

/** A long list of rows of which only those in view exist. */
export function VirtualGrid<T>(props: VirtualGridProps<T>) {
  const { rows, columns, idOf } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [measure, width] = useWidth();
  const isCards = width > 0 && width < CARDS_BELOW_PX;
  const visible = columns.filter((column) => (column.meta?.from ?? 0) <= width);
  const table = useReactTable({ data: rows as T[], columns: visible, getCoreRowModel: getCoreRowModel(), getRowId: idOf });
  const model = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isCards ? CARD_PX : ROW_PX),
    overscan: 10,
    scrollMargin: 0,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  const askForMore = useEffectEvent(props.onEnd);

  useEffect(() => virtual.measure(), [virtual, isCards]);

  useEffect(() => {
    if (lastShown >= model.length - ROWS_AHEAD) askForMore();
  }, [lastShown, model.length]);

  const activeIndex = props.activeId === null ? -1 : model.findIndex((row) => row.id === props.activeId);
  useEffect(() => {
    if (activeIndex >= 0) virtual.scrollToIndex(activeIndex);
  }, [activeIndex, virtual]);

  const tracks = visible.map((column) => column.meta?.track ?? "1fr").join(" ");
  return (
    <div
      ref={(element) => {
        scroller.current = element;
        measure(element);
      }}
      className="min-h-0 flex-1 overflow-auto"
      onScroll={(event) => props.onTop(event.currentTarget.scrollTop < ROW_PX)}
    >
      <div role="grid" aria-label={props.label} aria-rowcount={model.length + 1} tabIndex={0} className="outline-offset-[-2px]">
        <div role="rowgroup" className={cn("sticky top-0 z-10 border-b border-line bg-sunken", isCards && "sr-only")}>
          {table.getHeaderGroups().map((group) => (
            <div key={group.id} role="row" className="grid h-8 items-center px-4 md:px-6" style={{ gridTemplateColumns: tracks }}>
              {group.headers.map((header) => (
                <div key={header.id} role="columnheader" className={cn("truncate px-1.5 label-caps", header.column.columnDef.meta?.right === true && "text-right", header.column.columnDef.meta?.gap === true && "pl-5")}>
                  {flexRender(header.column.columnDef.header, header.getContext())}
                </div>
              ))}
            </div>
          ))}
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = model[item.index];
            return row === undefined ? null : (
              <GridRow
                key={row.id}
                row={row}
                index={item.index}
                style={{ height: item.size, transform: `translateY(${item.start}px)`, gridTemplateColumns: isCards ? "1fr" : tracks }}
                isActive={row.id === props.activeId}
                isNew={props.newIds.has(row.id)}
                card={isCards ? props.card(row.original) : null}
                onOpen={() => props.onOpen(row.original)}
              />
            );
          })}
        </div>
      </div>
      {props.footer}
    </div>
  );
}

function GridRow<T>({ row, index, style, isActive, isNew, card, onOpen }: {
  row: Row<T>;
  index: number;
  style: React.CSSProperties;
  isActive: boolean;
  isNew: boolean;
  card: ReactNode;
  onOpen: () => void;
}) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      onClick={(event) => {
        // Links and buttons inside a row mean themselves, and marked text is meant to be copied.
        const isOwn = event.target instanceof Element && event.target.closest("a, button") !== null;
        if (!isOwn && window.getSelection()?.isCollapsed !== false) onOpen();
      }}
      className={cn(
        "absolute top-0 grid w-full cursor-pointer items-center border-b border-line/70 px-4 hover:bg-hover md:px-6",
        isNew && "animate-row-new",
        isActive && "bg-accent-soft shadow-[inset_2px_0_0_var(--accent)] hover:bg-accent-soft",
      )}
      style={style}
    >
      {card !== null ? (
        <div role="gridcell" className="min-w-0">
          {card}
        </div>
      ) : (
        row.getVisibleCells().map((cell) => (
          <div key={cell.id} role="gridcell" className={cn("min-w-0 truncate px-1.5", cell.column.columnDef.meta?.right === true && "text-right tabular", cell.column.columnDef.meta?.gap === true && "pl-5")}>
            {flexRender(cell.column.columnDef.cell, cell.getContext())}
          </div>
        ))
      )}
    </div>
  );
}
