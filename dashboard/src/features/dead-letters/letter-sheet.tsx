import { RotateCcw, Trash2 } from "lucide-react";

import type { DeadLetterDetail } from "@/api/types";
import { formatBytes, plural } from "@/format/count";
import { formatFullTime } from "@/format/time";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Confirm } from "@/ui/dialog";
import { ErrorState, SkeletonRows } from "@/ui/state";

import { useDeadLetter, type useLetterAction } from "./queries";

/** One dead letter with its content and what can be done about it. */
export function LetterSheet({ id, action }: { id: string; action: ReturnType<typeof useLetterAction> }) {
  const query = useDeadLetter(id);
  if (query.error !== null) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows label="Loading dead letter" />;
  const letter = query.data;
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">
        <p className="rounded-md border border-bad/30 bg-bad-soft p-3 text-sm break-words text-bad">{letter.reason}</p>
        <dl className="mt-4 grid grid-cols-[110px_1fr] gap-y-2 text-sm">
          {factsOf(letter).map(([label, value]) => (
            <div key={label} className="contents">
              <dt className="text-muted">{label}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ))}
        </dl>
        <h3 className="mt-6 mb-2 text-xs font-semibold text-faint">Content</h3>
        {letter.events === "" ? <p className="text-sm text-muted">The content cannot be read.</p> : <CodeBlock code={letter.events} label="events" wrap />}
      </div>
      <footer className="flex shrink-0 flex-wrap items-center justify-end gap-2 border-t border-line p-3">
        {action.error !== null && (
          <p role="alert" className="mr-auto text-sm text-bad">
            {action.error.message}
          </p>
        )}
        <Confirm
          trigger={
            <Button look="danger" disabled={action.isPending}>
              <Trash2 />
              Delete
            </Button>
          }
          title="Delete this dead letter?"
          text={`${letter.spans === null ? "Its content" : plural(letter.spans, "span")} will be gone for good. This cannot be taken back.`}
          action="Delete for good"
          danger
          onConfirm={() => action.mutate({ kind: "delete", id })}
        />
        <Button look="primary" disabled={action.isPending} onClick={() => action.mutate({ kind: "replay", id })}>
          <RotateCcw />
          Replay
        </Button>
      </footer>
    </>
  );
}

function factsOf(letter: DeadLetterDetail): [string, string][] {
  return [
    ["Stage", letter.stage],
    ["Received", formatFullTime(letter.received_at)],
    ["Failed", formatFullTime(letter.failed_at)],
    ["Attempts", String(letter.attempts)],
    ["Spans", letter.spans === null ? "unknown" : letter.spans.toLocaleString("en-US")],
    ["Size", formatBytes(letter.bytes)],
    ["API key", letter.api_key_id],
    ["Id", letter.id],
  ];
}
