/** What a page shows when there is nothing to show: still loading, nothing there, or something wrong. */
import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "./button";
import { cn } from "./cn";

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn("animate-pulse rounded-sm bg-line/70", className)} />;
}

export function SkeletonRows({ rows = 8, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex gap-4" style={{ opacity: 1 - index / (rows + 2) }}>
          <Skeleton className="h-4 w-16" />
          <Skeleton className="h-4 flex-1" />
          <Skeleton className="hidden h-4 w-24 sm:block" />
          <Skeleton className="h-4 w-14" />
        </div>
      ))}
    </div>
  );
}

export function EmptyState({ icon, title, children, className }: { icon?: ReactNode; title: string; children?: ReactNode; className?: string }) {
  return (
    <div className={cn("flex flex-col items-center justify-center gap-1 px-6 py-12 text-center", className)}>
      {icon !== undefined && (
        <div aria-hidden className="mb-2 flex size-10 items-center justify-center rounded-lg bg-sunken text-faint ring-1 ring-line ring-inset [&_svg]:size-5">
          {icon}
        </div>
      )}
      <h2 className="text-sm font-semibold">{title}</h2>
      <div className="max-w-md text-sm text-muted [&_button]:mt-3">{children}</div>
    </div>
  );
}

/** An error in words the reader can act on, with a way to try again. */
export function ErrorState({ error, onRetry, compact = false }: { error: Error; onRetry?: () => void; compact?: boolean }) {
  return (
    <div role="alert" className={cn("flex flex-col items-center justify-center gap-1 px-6 text-center", compact ? "h-full py-4" : "py-12")}>
      <CircleAlert aria-hidden className="mb-1 size-5 text-bad" />
      <p className="text-sm font-semibold">This could not be loaded</p>
      <p className="max-w-md text-sm text-muted">{error.message}</p>
      {onRetry !== undefined && (
        <Button size="sm" className="mt-3" onClick={onRetry}>
          <RotateCw />
          Try again
        </Button>
      )}
    </div>
  );
}
