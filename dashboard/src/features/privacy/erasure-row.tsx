import type { Erasure } from "@/api/types";
import { formatListTime } from "@/format/time";
import { Badge, type Tone } from "@/ui/badge";
import { Row } from "@/ui/settings";

const STEPS: Record<Erasure["step"], { label: string; tone: Tone }> = {
  queue: { label: "1 of 4: storing what was received before", tone: "info" },
  stores: { label: "2 of 4: removing", tone: "info" },
  files: { label: "3 of 4: waiting for old files to go", tone: "info" },
  verify: { label: "4 of 4: searching every store", tone: "info" },
  finished: { label: "proven gone", tone: "good" },
  failed: { label: "failed: something is left", tone: "bad" },
};

export function ErasureRow({ erasure }: { erasure: Erasure }) {
  const now = new Date();
  const { label, tone } = STEPS[erasure.step];
  return (
    <Row
      actions={
        <Badge tone={tone} size="md">
          {label}
        </Badge>
      }
    >
      <div className="font-medium">
        {erasure.kind === "project" ? "The project" : "End user"} {erasure.subject !== "" && <code className="font-mono text-xs font-normal text-muted" title={erasure.subject}>#{erasure.subject.slice(0, 16)}</code>}
      </div>
      <div className="text-xs text-muted">
        Asked {formatListTime(erasure.requested_at, now)} by <code className="font-mono break-all">{erasure.requested_by}</code>
        {erasure.finished_at !== null && `, verified ${formatListTime(erasure.finished_at, now)}`}
      </div>
      <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-xs">
        <Counts label="Erased" counts={erasure.erased} />
        <Counts label="Still left" counts={erasure.left} isBad />
        <Counts label="Named elsewhere, yours to decide" counts={erasure.named} />
      </dl>
    </Row>
  );
}

function Counts({ label, counts, isBad = false }: { label: string; counts: Record<string, number>; isBad?: boolean }) {
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  if (entries.length === 0) return null;
  return (
    <div className={isBad ? "text-bad" : "text-muted"}>
      <dt className="inline">{label}: </dt>
      <dd className="inline tabular">{entries.map(([store, count]) => `${store.replaceAll("_", " ")} ${count.toLocaleString("en-US")}`).join(", ")}</dd>
    </div>
  );
}
