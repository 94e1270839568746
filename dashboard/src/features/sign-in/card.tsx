import type { ReactNode } from "react";

/** The frame of the pages before one is in. */
export function EntranceCard({ title, note, children }: { title: string; note?: ReactNode; children?: ReactNode }) {
  return (
    <main className="flex min-h-full items-center justify-center bg-canvas p-4">
      <div className="w-full max-w-md rounded-lg border border-line bg-surface p-6 shadow-card sm:p-8">
        <img src="/favicon.svg" alt="" className="size-10" />
        <h1 className="mt-4 text-lg font-semibold tracking-tight">{title}</h1>
        {note !== undefined && <p className="mt-1 text-sm text-muted">{note}</p>}
        {children}
      </div>
    </main>
  );
}
