import type { RulePreview } from "@/api/alert-types";
import { plural } from "@/format/count";
import { formatFullTime, formatListTime } from "@/format/time";
import { formatDay } from "@/format/until";

import { firingsByDay } from "./words";

const LISTED = 5;

/** How often a rule would have fired: a column a day, and the latest times. */
export function PreviewPanel({ preview }: { preview: RulePreview }) {
  const days = firingsByDay(preview);
  const most = Math.max(...days, 1);
  return (
    <>
      <p role="status" className="text-base">{preview.describes}.</p>
      {preview.impossible !== "" ? (
        <p className="text-sm text-muted">{preview.impossible}</p>
      ) : (
        <section aria-label="On the past">
          <p className="text-sm">
            Would have fired <strong className="font-semibold tabular">{plural(preview.times, "time")}</strong> since {formatDay(preview.start)}.
          </p>
          <div role="img" aria-label={`Firings a day: at most ${Math.max(...days)}`} className="mt-2 flex h-12 items-end gap-px border-b border-line-strong">
            {days.map((count, index) => (
              <span key={index} title={`${count}`} className="min-w-0 flex-1 rounded-t-[1px] bg-bad" style={{ height: `${(count / most) * 100}%` }} />
            ))}
          </div>
          <ul aria-label="Latest firings" className="mt-2 flex flex-col gap-1">
            {preview.firings.slice(0, LISTED).map((firing, index) => (
              <li key={index} className="text-xs text-muted">
                <time dateTime={firing.at} title={formatFullTime(firing.at)} className="font-medium text-text tabular">
                  {formatListTime(firing.at, new Date())}
                </time>{" "}
                {firing.summary}
              </li>
            ))}
          </ul>
          {preview.groups_left_out && <p className="mt-1 text-xs text-muted">Only the groups with most calls were looked at.</p>}
        </section>
      )}
    </>
  );
}
