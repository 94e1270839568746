import type { RouteTarget } from "@/api/gateway-types";

import { sharesOf } from "./words";

const FILLS = ["bg-accent", "bg-info", "bg-violet", "bg-warn-fill", "bg-good", "bg-faint"];

/** Which share of the calls goes where. */
export function WeightBar({ targets }: { targets: readonly RouteTarget[] }) {
  const shares = sharesOf(targets);
  return (
    <div role="img" aria-label={shares.map((share) => `${share.label} ${share.percent}`).join(", ")}>
      <div className="flex h-2.5 gap-px overflow-hidden rounded-sm">
        {shares.map((share, index) => (
          <span key={index} className={FILLS[index % FILLS.length]} style={{ width: `${share.part * 100}%` }} />
        ))}
      </div>
      <ul className="mt-1.5 flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {shares.map((share, index) => (
          <li key={index} className="flex min-w-0 items-center gap-1.5">
            <span className={`size-2 shrink-0 rounded-[2px] ${FILLS[index % FILLS.length] ?? ""}`} />
            <span className="truncate font-mono">{share.label}</span>
            <span className="text-muted tabular">{share.percent}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
