import type { ReactNode } from "react";

/** A page's heading with its controls, sticky on wide screens. */
export function PageHeader({ title, note, children }: { title: string; note?: ReactNode; children?: ReactNode }) {
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-4 pb-3 md:px-6">
      <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
      {note !== undefined && <span className="text-sm text-muted">{note}</span>}
      <div className="ml-auto flex items-center gap-1.5">{children}</div>
    </header>
  );
}
