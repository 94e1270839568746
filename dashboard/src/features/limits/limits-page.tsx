import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useMe, useRefusal } from "@/access/me";
import { fetchKeyLimits, fetchKeys, fetchLimits, lowerKeyLimits, lowerProjectLimits } from "@/api/identity-endpoints";
import type { CallerLimits, Limits, LoweredLimits } from "@/api/types";
import { useChange } from "@/api/use-change";
import { FormProblem, onSubmit, SelectField, SubmitButton, TextField } from "@/ui/form";
import { Loaded, Nothing, ReadOnlyNote, Section, SettingsBody } from "@/ui/settings";

import { formatLimit, LIMITS, loweredOf, typedOf, type Typed } from "./amounts";

/** How much the project and each of its keys may send. */
export function LimitsPage() {
  const query = useQuery({ queryKey: ["limits"], queryFn: ({ signal }) => fetchLimits(signal) });
  const projectId = useMe().data?.project_id ?? null;
  const refusal = useRefusal("project:write");
  return (
    <SettingsBody>
      <ReadOnlyNote reason={refusal} />
      <Section title="What holds" note={query.data === undefined ? "Limits of this project." : `By the plan “${query.data.plan}”, less what was lowered here. Who sends more gets 429 and when to try again.`}>
        <Loaded query={query} label="Loading limits">
          {(limits) => <Table limits={limits} />}
        </Loaded>
      </Section>
      {projectId !== null && query.data !== undefined && refusal === null && (
        <>
          <Section title="Lower the project’s limits" note="Empty fields stay as the plan has them. A plan is raised by whoever runs Lynex.">
            <LowerForm key={JSON.stringify(query.data.lowered)} lowered={query.data.lowered} ceiling={query.data.of_plan} save={(lowered) => lowerProjectLimits(projectId, lowered)} />
          </Section>
          <OfOneKey />
        </>
      )}
    </SettingsBody>
  );
}

function Table({ limits }: { limits: CallerLimits }) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          <tr className="text-left text-xs text-muted">
            <th className="px-4 py-2 font-medium">Limit</th>
            <th className="px-4 py-2 text-right font-medium">Plan</th>
            <th className="px-4 py-2 text-right font-medium">Lowered to</th>
            <th className="px-4 py-2 text-right font-medium">In effect</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line">
          {LIMITS.map(({ name, label }) => {
            const lowered = limits.lowered[name];
            return (
              <tr key={name} className="tabular">
                <th scope="row" className="px-4 py-2 text-left font-medium">{label}</th>
                <td className="px-4 py-2 text-right text-muted">{formatLimit(name, limits.of_plan[name])}</td>
                <td className="px-4 py-2 text-right text-muted">{lowered == null ? "–" : formatLimit(name, lowered)}</td>
                <td className="px-4 py-2 text-right font-medium">{formatLimit(name, limits.in_effect[name])}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function OfOneKey() {
  const refusal = useRefusal("keys:read");
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => fetchKeys(signal), enabled: refusal === null });
  const [keyId, setKeyId] = useState("");
  const limits = useQuery({ queryKey: ["key-limits", keyId], queryFn: ({ signal }) => fetchKeyLimits(keyId, signal), enabled: keyId !== "" });
  const working = keys.data?.filter((key) => key.state === "works" || key.state === "rotated") ?? [];
  return (
    <Section title="Lower one key’s limits" note="A key also counts against its project.">
      {working.length === 0 ? (
        <Nothing>No key works in this project.</Nothing>
      ) : (
        <div className="px-4 pt-4">
          <SelectField label="Key" value={keyId} options={[{ value: "", label: "Choose a key" }, ...working.map((key) => ({ value: key.id, label: `${key.name} (${key.prefix}…)` }))]} onChange={setKeyId} />
        </div>
      )}
      {keyId !== "" && (
        <Loaded query={limits} label="Loading the key’s limits">
          {(found) => <LowerForm key={`${keyId} ${JSON.stringify(found.lowered)}`} lowered={found.lowered} ceiling={found.in_effect} save={(lowered) => lowerKeyLimits(keyId, lowered)} />}
        </Loaded>
      )}
    </Section>
  );
}

function LowerForm({ lowered, ceiling, save }: { lowered: LoweredLimits; ceiling: Limits; save: (lowered: LoweredLimits) => Promise<unknown> }) {
  const [typed, setTyped] = useState<Typed>(() => typedOf(lowered));
  const change = useChange(save, [["limits"], ["key-limits"]]);
  const wish = loweredOf(typed);
  return (
    <form onSubmit={onSubmit(() => wish !== null && change.mutate(wish))} className="flex flex-col gap-4 p-4">
      <div className="grid gap-4 sm:grid-cols-2">
        {LIMITS.map(({ name, label, meaning }) => (
          <TextField key={name} label={label} value={typed[name]} onChange={(text) => setTyped({ ...typed, [name]: text })} inputMode="decimal" placeholder={String(ceiling[name])} hint={meaning} />
        ))}
      </div>
      {wish === null && (
        <p role="alert" className="text-sm text-bad">
          Limits are numbers above 0; all but requests per second are whole ones.
        </p>
      )}
      <FormProblem error={change.error} />
      <div className="flex items-center gap-3">
        <SubmitButton pending={change.isPending} disabled={wish === null || JSON.stringify(wish) === JSON.stringify(loweredOf(typedOf(lowered)))}>
          Save limits
        </SubmitButton>
      </div>
    </form>
  );
}
