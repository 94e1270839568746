import type { WouldBlock } from "@/api/control-types";
import { plural } from "@/format/count";
import { formatUsd } from "@/format/money";

const MODELS_SHOWN = 6;

/** Nothing may mean that nobody knows a price: never shown as free. */
const worth = (nanousd: number) => (nanousd === 0 ? "–" : formatUsd(nanousd / 1e9));

/** Which calls a stop is about, by model. */
export function Blocked({ would, lead }: { would: WouldBlock; lead: string }) {
  if (would.calls === 0) return <p className="text-sm text-muted">{lead} no call.</p>;
  const more = would.models.length - MODELS_SHOWN;
  return (
    <div className="text-sm">
      <p className="text-muted">
        {lead} <strong className="font-semibold text-text tabular">{plural(would.calls, "call")}</strong>, worth <strong className="font-semibold text-text tabular">{worth(would.cost_nanousd)}</strong>{would.unpriced_calls > 0 && ` and ${plural(would.unpriced_calls, "call")} without a known price`}:
      </p>
      <ul className="mt-1.5 flex flex-col gap-0.5">
        {would.models.slice(0, MODELS_SHOWN).map((each) => (
          <li key={each.model} className="flex gap-3 text-xs">
            <span className="min-w-0 flex-1 truncate" title={each.model}>{each.model === "" ? "(no model)" : each.model}</span>
            <span className="text-muted tabular">{plural(each.calls, "call")}</span>
            <span className="w-18 text-right tabular">{worth(each.cost_nanousd)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="mt-1 text-xs text-muted">and {plural(more, "more model")}.</p>}
    </div>
  );
}
