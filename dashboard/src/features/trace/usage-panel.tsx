import type { SpanDetail } from "@/api/types";
import { formatExact } from "@/format/count";
import { formatNanoUsd, UNPRICED } from "@/format/money";
import { Badge } from "@/ui/badge";
import { cn } from "@/ui/cn";

import { costStory, flagMeaning, usageRows } from "./usage-rows";

/** What was used, what it cost, and why that is the number. */
export function UsagePanel({ span }: { span: SpanDetail }) {
  const story = costStory(span.cost_source);
  return (
    <div className="flex flex-col gap-5">
      <section aria-label="Cost" className="rounded-md border border-line p-3">
        <div className="flex items-baseline gap-2">
          <span className={cn("text-lg font-semibold tabular", span.cost_source === "unpriced" && "text-warn")}>
            {span.cost_source === "unpriced" ? UNPRICED : span.cost_nanousd === null ? "–" : formatNanoUsd(span.cost_nanousd)}
          </span>
          {span.cost_source !== "unpriced" && (
            <Badge tone={story.tone} size="md">
              {story.label}
            </Badge>
          )}
        </div>
        <p className="mt-1 text-sm text-muted">{story.text}</p>
        {span.price_version !== "" && (
          <p className="mt-2 text-xs text-faint">
            Price book <span className="font-mono text-muted">{span.price_version}</span>
          </p>
        )}
      </section>
      <table className="w-full text-sm">
        <caption className="mb-1 text-left text-xs font-semibold text-faint">Usage</caption>
        <tbody>
          {usageRows(span.usage).map((row) => (
            <tr key={`${row.label}${row.isPart}`} className="border-b border-line/70 last:border-0">
              <th scope="row" className={cn("h-8 text-left font-normal", row.isPart ? "pl-4 text-muted" : "font-medium")}>
                {row.isPart && <span className="text-faint">of which </span>}
                {row.label}
              </th>
              <td className={cn("text-right tabular", row.isPart && "text-muted")}>
                {row.count === null ? <span className="text-faint">not reported</span> : formatExact(row.count)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {(span.usage.flags ?? []).length > 0 && (
        <ul aria-label="Remarks" className="flex flex-col gap-1.5">
          {(span.usage.flags ?? []).map((flag) => (
            <li key={flag} className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
              {flagMeaning(flag)} <code className="font-mono text-2xs opacity-80">{flag}</code>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
