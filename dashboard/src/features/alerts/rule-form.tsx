import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { previewRule } from "@/api/alert-endpoints";
import type { AlertRuleWish } from "@/api/alert-types";
import { fetchBudgets } from "@/api/budget-endpoints";
import { useLate } from "@/api/use-late";
import { Suggesting } from "@/scope/call-scope-fields";
import { useFacets } from "@/scope/facets";
import { Checkbox, FormProblem, onSubmit, SelectField, SubmitButton, TextArea, TextField } from "@/ui/form";
import { Section } from "@/ui/settings";

import { useChannels } from "./queries";
import { PreviewPanel } from "./rule-preview";
import { ANOMALY_HINT, COMPARED, CONDITIONS, DIRECTIONS, GROUPS, ONCE_PER, PERCENTILES, WINDOWS } from "./choices";
import { draftOf, FILTERS, isOfCalls, labelsOf, matchersOf, METRICS, RARE_FILTERS, SEVERITY_CHOICES, wishOf, type FilterName, type RuleDraft } from "./words";

const TYPING_MS = 800;

interface Part {
  draft: RuleDraft;
  set: (over: Partial<RuleDraft>) => void;
  setWish: (over: Partial<AlertRuleWish>) => void;
}

/** A rule to fill in, beside what it would have done in the last 30 days. */
export function RuleForm({ first, action, pending, error, onSave }: { first: AlertRuleWish; action: string; pending: boolean; error: Error | null; onSave: (wish: AlertRuleWish) => void }) {
  const [draft, setDraft] = useState(() => draftOf(first));
  const set = (over: Partial<RuleDraft>) => setDraft({ ...draft, ...over });
  const part: Part = { draft, set, setWish: (over) => set({ wish: { ...draft.wish, ...over } }) };
  const wish = wishOf(draft);
  const late = useLate(wish, TYPING_MS);
  const preview = useQuery({
    queryKey: ["rule-preview", late],
    queryFn: ({ signal }) => (late === null ? null : previewRule(late, signal)),
    enabled: late !== null,
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
  return (
    <form onSubmit={onSubmit(() => wish !== null && onSave(wish))} className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_320px]">
      <div className="flex min-w-0 flex-col gap-5">
        <What {...part} />
        <When {...part} />
        <Who {...part} />
      </div>
      <aside aria-label="What it will do" className="flex flex-col gap-4 rounded-lg border border-accent/40 bg-surface p-4 shadow-card lg:sticky lg:top-12">
        <h2 className="text-sm font-semibold">What it will do</h2>
        {wish === null ? <p className="text-sm text-muted">Give it a name and a limit.</p> : preview.data == null ? <p className="text-sm text-muted">{preview.error === null ? "Looking at the last 30 days…" : ""}</p> : <PreviewPanel preview={preview.data} />}
        <FormProblem error={error ?? preview.error} />
        <SubmitButton pending={pending} disabled={wish === null} className="self-start">
          {action}
        </SubmitButton>
      </aside>
    </form>
  );
}

function What({ draft, set, setWish }: Part) {
  const facets = useFacets({ range: "30d" }, true);
  const { wish } = draft;
  const filterField = (name: FilterName) => (
    <Suggesting key={name} label={`Only ${name === "tag" ? "calls tagged" : name.replace("_", " ")}`} value={draft.filters[name]} onChange={(text) => set({ filters: { ...draft.filters, [name]: text } })} values={(facets?.[name] ?? []).map((each) => each.value)} placeholder="any" hint="Several: with commas between." />
  );
  return (
    <Section title="What to watch">
      <div className="grid gap-4 p-4 sm:grid-cols-2">
        <TextField label="Name" value={wish.name} onChange={(name) => setWish({ name })} required maxLength={200} placeholder="Errors in production" className="sm:col-span-2" />
        <SelectField label="Figure" value={wish.metric} options={METRICS} onChange={(metric) => setWish({ metric })} />
        {(wish.metric === "latency_ms" || wish.metric === "time_to_first_token_ms") && (
          <SelectField label="Percentile" value={String(wish.percentile) as (typeof PERCENTILES)[number]["value"]} options={PERCENTILES} onChange={(percentile) => setWish({ percentile: Number(percentile) as AlertRuleWish["percentile"] })} />
        )}
        {wish.metric === "budget_percent" && <WhichBudget draft={draft} setWish={setWish} />}
        {isOfCalls(wish.metric) && (
          <>
            <SelectField label="For each" value={wish.group_by} options={GROUPS} onChange={(group_by) => setWish({ group_by })} hint="Every value fires by itself." />
            {FILTERS.map(filterField)}
            <details className="sm:col-span-2" open={RARE_FILTERS.some((name) => draft.filters[name] !== "")}>
              <summary className="cursor-pointer text-xs text-muted">More filters</summary>
              <div className="mt-3 grid gap-4 sm:grid-cols-2">{RARE_FILTERS.map(filterField)}</div>
            </details>
          </>
        )}
      </div>
    </Section>
  );
}

function WhichBudget({ draft: { wish }, setWish }: Pick<Part, "draft" | "setWish">) {
  const budgets = useQuery({ queryKey: ["budgets", "list"], queryFn: ({ signal }) => fetchBudgets(signal) });
  return <SelectField label="Budget" value={wish.budget_id} options={[{ value: "", label: "each of this project" }, ...(budgets.data ?? []).map((budget) => ({ value: budget.id, label: budget.name }))]} onChange={(budget_id) => setWish({ budget_id })} />;
}

function When({ draft, set, setWish }: Part) {
  const { wish } = draft;
  const { condition } = wish;
  const unit = METRICS.find((each) => each.value === wish.metric)?.unit ?? "";
  const kinds = isOfCalls(wish.metric) ? CONDITIONS : CONDITIONS.filter((each) => each.value === "above" || (each.value === "below" && wish.metric !== "budget_percent"));
  return (
    <Section title="When to fire">
      <div className="grid gap-4 p-4 sm:grid-cols-2">
        <SelectField label="When it is" value={condition.kind} options={kinds} onChange={(kind) => setWish({ condition: { ...condition, kind } })} />
        {condition.kind !== "no_data" && (
          <TextField
            label={condition.kind === "change" ? "By more than, in percent" : condition.kind === "anomaly" ? "Deviations (optional)" : `Limit, in ${unit}`}
            value={draft.limit}
            onChange={(limit) => set({ limit })}
            inputMode="decimal"
            required={condition.kind !== "anomaly"}
            {...(condition.kind === "anomaly" ? { placeholder: "3.5", hint: ANOMALY_HINT } : {})}
          />
        )}
        {(condition.kind === "change" || condition.kind === "anomaly") && <SelectField label="Which way" value={condition.direction} options={DIRECTIONS} onChange={(direction) => setWish({ condition: { ...condition, direction } })} />}
        {condition.kind === "change" && <SelectField label="Compared with" value={condition.compared_with} options={COMPARED} onChange={(compared_with) => setWish({ condition: { ...condition, compared_with } })} />}
        <SelectField label="Within" value={wish.window} options={WINDOWS} onChange={(window) => setWish({ window })} />
        <TextField label="Must hold for, in minutes" value={draft.forMinutes} onChange={(forMinutes) => set({ forMinutes })} inputMode="decimal" />
        <TextField label="Over after, in minutes" value={draft.recoverMinutes} onChange={(recoverMinutes) => set({ recoverMinutes })} inputMode="decimal" hint="How long it must be well again." />
        <SelectField label="Tell at most" value={wish.once_per} options={ONCE_PER} onChange={(once_per) => setWish({ once_per })} />
        <TextField label="At least so many calls" value={draft.minCalls} onChange={(minCalls) => set({ minCalls })} inputMode="numeric" hint="A window with fewer says nothing." />
        {wish.group_by !== "" && <TextField label="At most so many groups" value={draft.maxGroups} onChange={(maxGroups) => set({ maxGroups })} inputMode="numeric" />}
      </div>
    </Section>
  );
}

function Who({ draft, set, setWish }: Part) {
  const channels = useChannels().data ?? [];
  const { wish } = draft;
  const toggle = (id: string, isOn: boolean) => setWish({ channel_ids: isOn ? [...wish.channel_ids, id] : wish.channel_ids.filter((each) => each !== id) });
  return (
    <Section title="Who is told">
      <div className="flex flex-col gap-4 p-4">
        <SelectField label="Severity" value={wish.severity} options={SEVERITY_CHOICES} onChange={(severity) => setWish({ severity })} />
        {channels.length > 0 && (
          <fieldset className="flex flex-col gap-2">
            <legend className="mb-2 text-sm font-medium">Channels, in any case</legend>
            {channels.map((channel) => (
              <Checkbox key={channel.id} label={channel.name} checked={wish.channel_ids.includes(channel.id)} onChange={(isOn) => toggle(channel.id, isOn)} />
            ))}
          </fieldset>
        )}
        <TextArea label="What to do then (optional)" value={wish.note} onChange={(note) => setWish({ note })} rows={3} hint="Sent along with the news." />
        <details className="text-sm">
          <summary className="font-medium text-muted">Labels, and what it silences while it fires</summary>
          <div className="mt-3 flex flex-col gap-4">
            <TextArea label="Labels" value={draft.labels} onChange={(labels) => set({ labels })} rows={2} placeholder="team = search" problem={labelsOf(draft.labels) === null ? "A label and a value a line, as in: team = search" : null} />
            <TextArea label="While it fires, nobody is told of" value={draft.inhibits} onChange={(inhibits) => set({ inhibits })} rows={2} placeholder="severity = warning" problem={matchersOf(draft.inhibits) === null ? "A label, =, != or ~, and a value a line" : null} />
          </div>
        </details>
        <Checkbox label="On" hint="A rule that is off looks at nothing." checked={wish.enabled} onChange={(enabled) => setWish({ enabled })} />
      </div>
    </Section>
  );
}
