import { ChevronRight } from "lucide-react";
import { useState } from "react";

import type { AuditEntry } from "@/api/types";
import { formatFullTime, formatListTime } from "@/format/time";
import type { AuditSearch } from "@/paths";
import { cn } from "@/ui/cn";
import { CopyButton } from "@/ui/copy-button";

import { actionInWords, changesOf, type FieldChange } from "./diff";

/** One row, and behind it what changed. */
export function AuditRow({ entry, onFilter }: { entry: AuditEntry; onFilter: (part: AuditSearch) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex w-full items-start gap-2 px-4 py-2.5 text-left outline-offset-[-2px] hover:bg-hover sm:items-center">
        <ChevronRight aria-hidden className={cn("mt-0.5 size-4 shrink-0 text-faint transition-transform sm:mt-0", open && "rotate-90")} />
        <span className="grid min-w-0 flex-1 gap-x-4 gap-y-0.5 sm:grid-cols-[130px_minmax(0,1fr)_minmax(0,1fr)_minmax(0,1fr)]">
          <time dateTime={entry.at} title={formatFullTime(entry.at)} className="text-xs text-muted tabular sm:text-sm">
            {formatListTime(entry.at, new Date())}
          </time>
          <span className="truncate font-medium">{actionInWords(entry.action)}</span>
          <span className="truncate text-muted" title={entry.actor.name}>
            {entry.actor.name || entry.actor.kind}
          </span>
          <code className="truncate font-mono text-xs leading-5 text-muted" title={entry.target}>
            {entry.target}
          </code>
        </span>
      </button>
      {open && <Details entry={entry} onFilter={onFilter} />}
    </li>
  );
}

function Details({ entry, onFilter }: { entry: AuditEntry; onFilter: (part: AuditSearch) => void }) {
  const changes = changesOf(entry.before, entry.after);
  const { actor } = entry;
  return (
    <div className="flex flex-col gap-3 px-4 pt-2 pb-4 sm:pl-10">
      {changes.length > 0 && <Changes changes={changes} />}
      <dl className="grid grid-cols-[90px_1fr] gap-y-1 text-xs">
        <Fact label="Who" value={`${actor.name || actor.id || actor.kind} (${actor.kind.replace("_", " ")})`} onPick={actor.id === "" ? undefined : () => onFilter({ actor: actor.id })} />
        <Fact label="From" value={actor.address || "–"} />
        <Fact label="Action" value={entry.action} onPick={() => onFilter({ action: entry.action })} />
        <Fact label="Target" value={entry.target || "–"} onPick={entry.target === "" ? undefined : () => onFilter({ target: entry.target })} />
        {entry.project_id !== null && <Fact label="Project" value={entry.project_id} onPick={() => onFilter({ scope: entry.project_id ?? "" })} />}
        <Fact label="Row" value={`${entry.sequence} · ${entry.id}`} />
        <dt className="text-muted">Hash</dt>
        <dd className="flex min-w-0 items-center gap-1">
          <code className="truncate font-mono">{entry.hash}</code>
          <CopyButton text={entry.hash} label="Copy hash" />
        </dd>
      </dl>
    </div>
  );
}

function Fact({ label, value, onPick }: { label: string; value: string; onPick?: (() => void) | undefined }) {
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 break-words">
        {value}
        {onPick !== undefined && (
          <button type="button" aria-label={`only these: ${label} ${value}`} onClick={onPick} className="ml-2 text-accent-text underline underline-offset-2">
            only these
          </button>
        )}
      </dd>
    </>
  );
}

function Changes({ changes }: { changes: readonly FieldChange[] }) {
  return (
    <div className="overflow-x-auto rounded-md border border-line">
      <table className="w-full text-xs">
        <thead>
          <tr className="bg-sunken text-left text-muted">
            <th className="px-3 py-1.5 font-medium">Field</th>
            <th className="px-3 py-1.5 font-medium">Before</th>
            <th className="px-3 py-1.5 font-medium">After</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line font-mono">
          {changes.map(({ name, before, after }) => (
            <tr key={name} className="align-top">
              <th scope="row" className="px-3 py-1.5 text-left font-medium">{name}</th>
              <td className={cn("px-3 py-1.5 break-all", before !== after && before !== null && "bg-bad-soft text-bad")}>{before ?? "–"}</td>
              <td className={cn("px-3 py-1.5 break-all", before !== after && after !== null && "bg-good-soft text-good")}>{after ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
