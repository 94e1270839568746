import { useQuery } from "@tanstack/react-query";

import { changeEnforcement, ENFORCEMENT, fetchEnforcement } from "@/api/budget-endpoints";
import type { EnforcementMode } from "@/api/control-types";
import { useChange } from "@/api/use-change";
import { formatDistance } from "@/format/until";
import { Card } from "@/ui/card";
import { FormProblem, SelectField } from "@/ui/form";

const MODES: readonly { value: EnforcementMode; label: string }[] = [
  { value: "off", label: "Off: let calls through" },
  { value: "warn", label: "Warn: only say it in the log" },
  { value: "enforce", label: "Enforce: stop calls" },
];

/** What SDKs do that leave it to their project. */
export function EnforcementCard({ mayChange }: { mayChange: boolean }) {
  const query = useQuery({ queryKey: [ENFORCEMENT], queryFn: ({ signal }) => fetchEnforcement(signal) });
  const change = useChange((mode: EnforcementMode) => changeEnforcement(mode), [[ENFORCEMENT]]);
  if (query.data === undefined) return null;
  const { mode, changed_at, changed_by } = query.data;
  return (
    <Card className="grid gap-x-6 gap-y-3 p-4 md:grid-cols-[minmax(0,1fr)_18rem]">
      <div className="min-w-0">
        <h2 className="text-sm font-semibold">In your apps</h2>
        <p className="mt-0.5 text-xs text-muted">
          What processes with <code className="font-mono">enforce=&quot;project&quot;</code> do under a used-up budget or a kill switch. They follow a change within a second; the gateway and reservations keep
          what holds in any case.
        </p>
        {changed_at !== null && (
          <p className="mt-1 text-xs text-muted">
            Changed {formatDistance(changed_at, new Date())}, {changed_by}.
          </p>
        )}
      </div>
      <div>
        <SelectField label="SDKs" value={mode} options={MODES} disabled={!mayChange || change.isPending} onChange={(chosen) => change.mutate(chosen)} />
        <FormProblem error={change.error} />
      </div>
    </Card>
  );
}
