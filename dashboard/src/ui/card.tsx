import type { ComponentProps, ReactNode } from "react";

import { cn } from "./cn";

export function Card({ className, ...props }: ComponentProps<"section">) {
  return <section className={cn("min-w-0 rounded-lg border border-line bg-surface shadow-card", className)} {...props} />;
}

export function CardHeader({ title, note, children }: { title: ReactNode; note?: ReactNode; children?: ReactNode }) {
  return (
    <header className="flex min-h-10 items-center gap-2 px-4 pt-2">
      <h2 className="truncate text-sm font-semibold">{title}</h2>
      {note !== undefined && <span className="truncate text-xs text-faint">{note}</span>}
      <div className="ml-auto flex items-center gap-1">{children}</div>
    </header>
  );
}
