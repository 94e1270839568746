import type { Reconciled as Line, Reconciliation } from "@/api/control-types";
import { formatCount, formatExact } from "@/format/count";
import { formatNanoUsd } from "@/format/money";
import { Badge } from "@/ui/badge";
import { Nothing } from "@/ui/settings";

import { reasonInWords, signedUsd } from "./reasons";

export function Reconciled({ found }: { found: Reconciliation }) {
  if (found.items.length === 0) return <Nothing>Neither side says anything of these days.</Nothing>;
  const reasons = Object.entries(found.by_reason).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  return (
    <>
      <dl className="grid grid-cols-1 gap-x-6 gap-y-2 px-4 pb-4 sm:grid-cols-3">
        {(
          [
            ["Ours", formatNanoUsd(found.ours_nanousd)],
            ["Theirs", formatNanoUsd(found.theirs_nanousd)],
            ["Difference", signedUsd(found.difference_nanousd)],
          ] as const
        ).map(([label, value]) => (
          <div key={label}>
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="text-base font-semibold tabular">{value}</dd>
          </div>
        ))}
      </dl>
      {reasons.length > 0 && (
        <section aria-label="Why" className="border-t border-line px-4 py-3">
          <h3 className="text-xs font-medium text-muted">Why they differ</h3>
          <ul className="mt-1.5 flex flex-col gap-1 text-sm">
            {reasons.map(([reason, nanousd]) => (
              <li key={reason} className="flex gap-3">
                <span className="w-28 shrink-0 text-right font-medium tabular">{signedUsd(nanousd)}</span>
                <span className="text-muted">{reasonInWords(reason)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <div className="max-h-[60vh] overflow-auto border-t border-line" tabIndex={0} role="region" aria-label="Per day and model">
        <table className="w-full text-sm">
          <thead>
            <tr className="text-left text-xs text-muted">
              {["Day", "Model", "Our calls", "Theirs", "Our tokens", "Theirs", "Our cost", "Theirs", "Difference, and why"].map((label, index) => (
                <th key={index} className={`px-3 py-2 font-medium whitespace-nowrap ${index > 1 && index < 8 ? "text-right" : ""}`}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line border-t border-line">
            {found.items.map((line) => (
              <LineRow key={`${line.day} ${line.model}`} line={line} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function LineRow({ line: { day, model, ours, theirs, difference_nanousd, parts } }: { line: Line }) {
  const usd = (nanousd: number | null | undefined) => (nanousd == null ? "–" : formatNanoUsd(nanousd));
  const tokens = (side: Line["theirs"]) => (side === null || (side.input_tokens === null && side.output_tokens === null) ? "–" : formatCount((side.input_tokens ?? 0) + (side.output_tokens ?? 0)));
  return (
    <tr className="align-top tabular">
      <td className="px-3 py-1.5 whitespace-nowrap text-muted">{day}</td>
      <th scope="row" className="px-3 py-1.5 text-left font-medium whitespace-nowrap">{model}</th>
      <td className="px-3 py-1.5 text-right">{formatExact(ours.calls)}</td>
      <td className="px-3 py-1.5 text-right">{formatExact(theirs?.calls)}</td>
      <td className="px-3 py-1.5 text-right">{tokens(ours)}</td>
      <td className="px-3 py-1.5 text-right">{tokens(theirs)}</td>
      <td className="px-3 py-1.5 text-right whitespace-nowrap">
        {usd(ours.cost_nanousd)} {ours.unpriced_calls > 0 && <Badge tone="warn">{formatExact(ours.unpriced_calls)} unpriced</Badge>}
      </td>
      <td className="px-3 py-1.5 text-right whitespace-nowrap">{usd(theirs?.cost_nanousd)}</td>
      <td className="min-w-56 px-3 py-1.5">
        <span className="font-medium">{difference_nanousd === null ? "not told" : signedUsd(difference_nanousd)}</span>
        {parts.map((part, index) => (
          <span key={index} className="block text-xs text-muted">
            {signedUsd(part.nanousd)} {reasonInWords(part.reason)}
            {part.tokens !== null && ` (${formatCount(part.tokens)} tokens)`}
          </span>
        ))}
      </td>
    </tr>
  );
}
