import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { describeBudget } from "@/api/budget-endpoints";
import { ApiError } from "@/api/client";
import type { BudgetWish } from "@/api/control-types";
import { useLate } from "@/api/use-late";
import { CallScopeFields, Suggesting } from "@/scope/call-scope-fields";
import { useFacets } from "@/scope/facets";
import { Button } from "@/ui/button";
import { Checkbox, FormField, FormProblem, onSubmit, Select, SelectField, SubmitButton, TextField } from "@/ui/form";
import { Input } from "@/ui/field";
import { Section } from "@/ui/settings";

import { useReach } from "./queries";
import { ACTIONS, PERIODS, thresholdsOf, WHOSE, wishOf, type Draft } from "./words";

const ZONES = Intl.supportedValuesOf("timeZone");
const ROLLING_UNITS = [
  { value: "minutes", label: "minutes" },
  { value: "hours", label: "hours" },
  { value: "days", label: "days" },
] as const;

interface BudgetFormProps {
  first: Draft;
  action: string;
  pending: boolean;
  error: Error | null;
  onSave: (wish: BudgetWish) => void;
  onCancel: () => void;
  /** Whether a change of calls, period or unit counts its history anew. */
  recounts?: boolean;
}

/** A budget to fill in. Beside it stands, in the server's words, what it would do. */
export function BudgetForm({ first, action, pending, error, onSave, onCancel, recounts = false }: BudgetFormProps) {
  const [draft, setDraft] = useState(first);
  const wish = wishOf(draft);
  const told = useDescribed(wish);
  const wrong = fieldProblem(error) ?? fieldProblem(told.error);
  const problemOf = (field: string) => (wrong?.field === field ? wrong.message : null);
  const set = (over: Partial<Draft>) => setDraft({ ...draft, ...over });
  return (
    <form onSubmit={onSubmit(() => wish !== null && onSave(wish))} className="mt-1 grid max-w-6xl items-start gap-5 lg:grid-cols-[minmax(0,1fr)_320px]">
      <div className="flex min-w-0 flex-col gap-5">
        <Section title="Limit">
          <div className="grid gap-4 p-4 sm:grid-cols-2">
            <TextField label="Name" value={draft.name} onChange={(name) => set({ name })} required autoFocus maxLength={200} placeholder="GPT in production" problem={problemOf("name")} className="sm:col-span-2" />
            <TextField label="Limit" value={draft.limit} onChange={(limit) => set({ limit })} required inputMode="decimal" placeholder={draft.unit === "usd" ? "50" : "1,000,000"} problem={problemOf("limit")} />
            <SelectField
              label="Of"
              value={draft.unit}
              options={[
                { value: "usd", label: "US dollars" },
                { value: "tokens", label: "Tokens, in and out" },
                { value: "requests", label: "Model requests" },
              ]}
              onChange={(unit) => set({ unit })}
            />
            <SelectField label="Limit of" value={draft.per ?? ""} options={WHOSE} onChange={(per) => set({ per: per === "" ? null : per })} problem={problemOf("per")} />
            <SelectField label="In each" value={draft.period} options={PERIODS} onChange={(period) => set({ period })} />
            {draft.period === "rolling" ? <RollingFields draft={draft} set={set} problem={problemOf("rolling_s")} /> : <Suggesting label="Time zone" value={draft.time_zone} onChange={(time_zone) => set({ time_zone })} values={ZONES} hint="When its days begin." problem={problemOf("time_zone")} />}
          </div>
        </Section>
        <Section title="Whose calls" note="Every field that you fill must hold. Empty ones hold for every call.">
          <div className="p-4">
            <CallScopeFields scope={draft.scope} onChange={(scope) => set({ scope })} problem={wrong} {...useReach()} />
          </div>
        </Section>
        <ActionSection draft={draft} set={set} problemOf={problemOf} />
      </div>
      <aside aria-label="What it will do" className="flex flex-col gap-4 rounded-lg border border-accent/40 bg-accent-soft p-4 lg:sticky lg:top-4">
        <h2 className="text-sm font-semibold">What it will do</h2>
        <p role="status" className="text-base">
          {wish === null ? "Give it a name and a limit, and this says in a sentence what it will do." : told.data === undefined ? (told.error === null ? "…" : "Something is not right yet.") : `${told.data}.`}
        </p>
        {recounts && <p className="text-xs text-muted">When it means other calls, another period or another unit, its history is counted anew.</p>}
        <FormProblem error={error ?? (told.error !== null && fieldProblem(told.error) === null ? told.error : null)} />
        <div className="flex flex-wrap gap-2">
          <SubmitButton pending={pending} disabled={wish === null}>
            {action}
          </SubmitButton>
          <Button onClick={onCancel}>Cancel</Button>
        </div>
      </aside>
    </form>
  );
}

function RollingFields({ draft, set, problem }: { draft: Draft; set: (over: Partial<Draft>) => void; problem: string | null }) {
  return (
    <FormField label="Window" hint="What was spent longer ago does not count." problem={problem}>
      {(attributes) => (
        <div className="flex gap-2">
          <Input {...attributes} className="h-9" inputMode="numeric" required value={draft.rollingCount} onChange={(event) => set({ rollingCount: event.target.value })} />
          <Select aria-label="Unit of the window" className="h-9" value={draft.rollingUnit} options={ROLLING_UNITS} onChange={(rollingUnit) => set({ rollingUnit })} />
        </div>
      )}
    </FormField>
  );
}

function ActionSection({ draft, set, problemOf }: { draft: Draft; set: (over: Partial<Draft>) => void; problemOf: (field: string) => string | null }) {
  const models = useFacets({ range: "30d" }, true)?.model ?? [];
  return (
    <Section title="At the limit">
      <div className="flex flex-col gap-4 p-4">
        <fieldset className="flex flex-col gap-2.5">
          <legend className="sr-only">What happens at the limit</legend>
          {ACTIONS.map(({ value, label, meaning }) => (
            <label key={value} className="flex items-start gap-2.5">
              <input type="radio" name="action" value={value} checked={draft.action === value} onChange={() => set({ action: value })} className="mt-0.5 size-4 shrink-0 accent-accent" />
              <span className="min-w-0">
                <span className="block text-sm font-medium">{label}</span>
                <span className="block text-xs text-muted">{meaning}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {draft.action === "downgrade_model" && (
          <Suggesting label="Model to use instead" value={draft.downgrade_to ?? ""} onChange={(downgrade_to) => set({ downgrade_to })} values={models.map((each) => each.value)} required placeholder="gpt-4o-mini" problem={problemOf("downgrade_to")} />
        )}
        {draft.action === "stop" && (
          <Checkbox label="Hard stop" hint="Callers set the most that a call may cost aside before they make it, so that many calls at the same time cannot pass the limit together." checked={draft.hard_stop} onChange={(hard_stop) => set({ hard_stop })} />
        )}
        <TextField
          label="Thresholds, in percent"
          value={draft.thresholds}
          onChange={(thresholds) => set({ thresholds })}
          placeholder="50, 80, 90, 100"
          hint="News is made once per period at each."
          problem={problemOf("thresholds") ?? (thresholdsOf(draft.thresholds) === null ? "Whole percents from 1 to 1000, with commas between." : null)}
        />
      </div>
    </Section>
  );
}

/** The server's sentence for what is typed, once the typing pauses. */
function useDescribed(wish: BudgetWish | null) {
  const late = useLate(wish);
  return useQuery({
    queryKey: ["budget-described", late],
    queryFn: ({ signal }) => (late === null ? "" : describeBudget(late, signal)),
    enabled: late !== null && wish !== null,
    placeholderData: (before) => before,
    staleTime: Infinity,
  });
}

function fieldProblem(error: Error | null): { field: string; message: string } | null {
  if (!(error instanceof ApiError) || error.field === null) return null;
  return { field: error.field, message: error.message.replace(`${error.field}: `, "") };
}
