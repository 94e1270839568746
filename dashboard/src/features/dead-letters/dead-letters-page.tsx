import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { MailCheck, RotateCcw } from "lucide-react";

import type { DeadLetter } from "@/api/types";
import { formatBytes, plural } from "@/format/count";
import { formatAge } from "@/format/duration";
import { formatFullTime } from "@/format/time";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Confirm, Dialog, SheetContent } from "@/ui/dialog";
import { PageHeader } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";
import { LoadMore } from "@/ui/settings";

import { LetterSheet } from "./letter-sheet";
import { useDeadLetters, useLetterAction } from "./queries";

/** What was accepted but could not be processed, why, and the way back. */
export function DeadLettersPage() {
  const { letter: openId } = useSearch({ from: "/dead-letters" });
  const navigate = useNavigate();
  const close = () => void navigate(paths.deadLetters());
  const query = useDeadLetters();
  const action = useLetterAction(close);
  const letters = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader title="Dead letters" note={<span className="hidden lg:inline">Accepted and safe, but not processed. Fix the cause, then replay.</span>}>
        {letters.length > 0 && (
          <Confirm
            trigger={
              <Button disabled={action.isPending}>
                <RotateCcw className="text-faint" />
                Replay all
              </Button>
            }
            title="Replay all dead letters?"
            text="The latest 500 go back into the queue. What fails again comes back here, with its reason."
            action="Replay all"
            onConfirm={() => action.mutate({ kind: "replay-all" })}
          />
        )}
      </PageHeader>
      <div className="px-4 pb-8 md:px-6">
        {action.error !== null && openId === undefined && (
          <p role="alert" className="mb-3 rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
            {action.error.message}
          </p>
        )}
        <Card>
          {query.error !== null && query.data === undefined ? (
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          ) : query.data === undefined ? (
            <SkeletonRows label="Loading dead letters" />
          ) : letters.length === 0 ? (
            <EmptyState icon={<MailCheck />} title="No dead letters">
              Everything that was accepted has been processed.
            </EmptyState>
          ) : (
            <Letters letters={letters} />
          )}
        </Card>
        <LoadMore query={query} className="mt-3" />
      </div>
      <Dialog
        open={openId !== undefined}
        onOpenChange={(open) => {
          if (open) return;
          action.reset();
          close();
        }}
      >
        <SheetContent title="Dead letter" side="right">
          {openId !== undefined && <LetterSheet id={openId} action={action} />}
        </SheetContent>
      </Dialog>
    </>
  );
}

function Letters({ letters }: { letters: readonly DeadLetter[] }) {
  const now = new Date();
  return (
    <ul aria-label="Dead letters" className="divide-y divide-line">
      {letters.map((letter) => (
        <li key={letter.id}>
          <Link {...paths.deadLetters(letter.id)} className="flex flex-col gap-1.5 px-4 py-3 outline-offset-[-2px] hover:bg-hover sm:flex-row sm:items-center sm:gap-4">
            <span className="flex items-center gap-3 sm:w-40 sm:shrink-0">
              <Badge tone="bad">{letter.stage}</Badge>
              <time dateTime={letter.failed_at} title={formatFullTime(letter.failed_at)} className="text-muted">
                {formatAge(new Date(letter.failed_at), now)}
              </time>
            </span>
            <span className="min-w-0 flex-1 font-medium sm:truncate" title={letter.reason}>
              {letter.reason}
            </span>
            <span className="flex shrink-0 gap-4 text-xs text-muted tabular sm:justify-end">
              <span className="sm:w-20 sm:text-right">{letter.spans === null ? "unreadable" : plural(letter.spans, "span")}</span>
              <span className="sm:w-18 sm:text-right">{formatBytes(letter.bytes)}</span>
              <span className="sm:w-20 sm:text-right">{plural(letter.attempts, "attempt")}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
