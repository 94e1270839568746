/** How pages of settings look: sections of cards, each with a title and a sentence. */
import { Info } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "./button";
import { cn } from "./cn";

export function SettingsBody({ children, wide = false }: { children: ReactNode; wide?: boolean }) {
  return <div className={cn("flex flex-col gap-5 px-4 pt-4 pb-10 md:px-6", wide ? "max-w-6xl" : "max-w-4xl")}>{children}</div>;
}

export function Section({ title, note, actions, danger = false, children }: { title: string; note?: ReactNode; actions?: ReactNode; danger?: boolean; children: ReactNode }) {
  return (
    <section aria-label={title} className={cn("min-w-0 rounded-lg border bg-surface shadow-card", danger ? "border-bad/30" : "border-line")}>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3">
        <div className="min-w-0 flex-1 basis-60">
          <h2 className="text-sm font-semibold">{title}</h2>
          {note !== undefined && <p className="mt-0.5 text-xs text-muted">{note}</p>}
        </div>
        {actions !== undefined && <div className="flex items-center gap-2">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** Why what is shown cannot be changed by this visitor. */
export function ReadOnlyNote({ reason }: { reason: string | null }) {
  if (reason === null) return null;
  return (
    <p role="note" className="flex items-start gap-2 rounded-md border border-line bg-sunken px-3 py-2 text-sm text-muted">
      <Info aria-hidden className="mt-0.5 size-4 shrink-0 text-faint" />
      {reason}
    </p>
  );
}

/** One line of a list: what it is, and what can be done with it. */
export function Row({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">{children}</div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-1.5">{actions}</div>}
    </li>
  );
}

export function Rows({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className="divide-y divide-line">
      {children}
    </ul>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return <p className="px-4 py-6 text-center text-sm text-muted">{children}</p>;
}

/** Loading, failed, or what `children` make of the data. */
export function Loaded<T>({ query, label, children }: { query: { data: T | undefined; error: Error | null; refetch?: () => unknown }; label: string; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) {
    return (
      <div className="flex flex-wrap items-center gap-3 px-4 py-6 text-sm">
        <p role="alert" className="text-bad">{query.error.message}</p>
        {query.refetch !== undefined && (
          <Button size="sm" onClick={() => void query.refetch?.()}>
            Try again
          </Button>
        )}
      </div>
    );
  }
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 p-4">
      {[1, 2, 3].map((line) => (
        <div key={line} aria-hidden className="h-4 animate-pulse rounded-sm bg-line/70" />
      ))}
    </div>
  );
}

/** The way to the next page of a list, while there is one. */
export function LoadMore({ query, className }: { query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> }; className?: string }) {
  if (!query.hasNextPage) return null;
  return (
    <div className={cn("flex justify-center", className)}>
      <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        Load more
      </Button>
    </div>
  );
}
