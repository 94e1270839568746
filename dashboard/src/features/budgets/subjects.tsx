import type { Budget } from "@/api/control-types";
import { Badge } from "@/ui/badge";
import { Section } from "@/ui/settings";

import { formatAmount, WHOSE } from "./words";

/** Of a budget that holds for each end user, API key or session: who is closest to the limit. */
export function Subjects({ budget }: { budget: Budget }) {
  const { subjects, unit } = budget;
  if (subjects === null) return null;
  const whose = WHOSE.find((each) => each.value === budget.per)?.label ?? "";
  return (
    <Section title={whose} note={`${subjects.count} spent something in this period, ${subjects.over} reached the limit. Those who spent most:`}>
      {subjects.closest.length === 0 ? (
        <p className="p-4 text-sm text-muted">Nobody spent anything yet in this period.</p>
      ) : (
        <ul className="divide-y divide-line">
          {subjects.closest.map(({ project_id, subject, spent, held, over }) => (
            <li key={`${project_id}:${subject}`} className="flex items-baseline gap-3 px-4 py-2 text-sm">
              <span className="min-w-0 flex-1 truncate" title={budget.scope.project_id === null ? `${subject}, ${project_id}` : subject}>
                {subject}
              </span>
              {over && <Badge tone="bad">limit reached</Badge>}
              <span className="tabular">{formatAmount(spent, unit)}</span>
              {held > 0 && <span className="text-xs text-muted tabular">{formatAmount(held, unit)} held</span>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
