import { Plus, X } from "lucide-react";

import { formatUsd } from "@/format/money";
import { Button, IconButton } from "@/ui/button";
import { Input } from "@/ui/field";
import { Select, SelectField, TextArea, TextField } from "@/ui/form";

import { factorsOf, gpuUsdPerMillion, hoursOf, KINDS, termsOf, unitInWords, UNITS, type RateDraft, type TermsDraft } from "./terms";

interface Part {
  draft: TermsDraft;
  set: (over: Partial<TermsDraft>) => void;
}

/** What a price says, in one of its kinds. */
export function TermsFields({ draft, onChange }: { draft: TermsDraft; onChange: (draft: TermsDraft) => void }) {
  const set = (over: Partial<TermsDraft>) => onChange({ ...draft, ...over });
  return (
    <>
      <SelectField label="Kind of price" value={draft.kind} options={KINDS} onChange={(kind) => set({ kind })} hint={KINDS.find((each) => each.value === draft.kind)?.meaning} />
      {draft.kind === "rates" && <Rates draft={draft} set={set} />}
      {draft.kind === "flat" && <TextField label="US dollars per million tokens" value={draft.flat} onChange={(flat) => set({ flat })} inputMode="decimal" required placeholder="0.20" />}
      {draft.kind === "factor" && <TextField label="Factor" value={draft.factor} onChange={(factor) => set({ factor })} inputMode="decimal" required placeholder="0.85" />}
      {draft.kind === "gpu_hour" && <GpuHour draft={draft} set={set} />}
      <More draft={draft} set={set} />
    </>
  );
}

function Rates({ draft, set }: Part) {
  const change = (index: number, over: Partial<RateDraft>) => set({ rates: draft.rates.map((rate, at) => (at === index ? { ...rate, ...over } : rate)) });
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-sm font-medium">Rates</legend>
      {draft.rates.map((rate, index) => {
        const units = UNITS.some((unit) => unit === rate.unit) || rate.unit === "" ? UNITS : [...UNITS, rate.unit];
        return (
          <div key={index} className="grid grid-cols-[minmax(0,1fr)_84px_32px] gap-2 sm:grid-cols-[minmax(0,1fr)_100px_130px_32px]">
            <Select aria-label={`Unit ${index + 1}`} className="h-9" value={rate.unit} options={units.map((unit) => ({ value: unit, label: unitInWords(unit) }))} onChange={(unit) => change(index, { unit })} />
            <Input aria-label={`US dollars ${index + 1}`} className="h-9" inputMode="decimal" placeholder="$" value={rate.usd} onChange={(event) => change(index, { usd: event.target.value })} />
            <Input aria-label={`Above input tokens ${index + 1}`} className="h-9 max-sm:order-last max-sm:col-span-2" inputMode="numeric" placeholder="above tokens" value={rate.above} onChange={(event) => change(index, { above: event.target.value })} />
            <IconButton label={`Remove rate ${index + 1}`} size="icon" disabled={draft.rates.length === 1} onClick={() => set({ rates: draft.rates.filter((_, at) => at !== index) })}>
              <X />
            </IconButton>
          </div>
        );
      })}
      <p className="text-xs text-muted">Per million tokens or characters, per thousand calls or pages, per hour. A rate “above” so many input tokens holds for the whole request.</p>
      <Button size="sm" className="self-start" onClick={() => set({ rates: [...draft.rates, { unit: "cache_read_tokens", usd: "", above: "" }] })}>
        <Plus className="text-faint" />
        Another rate
      </Button>
    </fieldset>
  );
}

function GpuHour({ draft, set }: Part) {
  const terms = termsOf(draft);
  const perMillion = terms === null ? null : gpuUsdPerMillion(terms);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField label="US dollars per GPU hour" value={draft.gpuHour} onChange={(gpuHour) => set({ gpuHour })} inputMode="decimal" required placeholder="2.40" />
      <TextField label="GPUs" value={draft.gpus} onChange={(gpus) => set({ gpus })} inputMode="numeric" required />
      <TextField label="Tokens a second (optional)" value={draft.tokensPerS} onChange={(tokensPerS) => set({ tokensPerS })} inputMode="decimal" placeholder="1500" hint="In and out, while busy. Empty: a call pays for its duration." />
      <TextField label="Busy, in percent" value={draft.busyPercent} onChange={(busyPercent) => set({ busyPercent })} inputMode="decimal" required hint="Of the paid time. A model that waits half the day costs twice as much a token." />
      {perMillion !== null && <p className="text-sm text-muted sm:col-span-2">That is {formatUsd(perMillion)} per million tokens.</p>}
    </div>
  );
}

const WRONG_FACTOR = "A name and a number a line, as in: batch 0.5";

function More({ draft, set }: Part) {
  return (
    <details className="text-sm" open={draft.tiers !== "" || draft.regions !== "" || draft.hours !== ""}>
      <summary className="font-medium text-muted">Factors by service tier, region and time of day</summary>
      <div className="mt-3 flex flex-col gap-4">
        <TextArea label="Service tiers" value={draft.tiers} onChange={(tiers) => set({ tiers })} rows={2} placeholder="batch 0.5" problem={factorsOf(draft.tiers) === null ? WRONG_FACTOR : null} />
        <TextArea label="Regions" value={draft.regions} onChange={(regions) => set({ regions })} rows={2} placeholder="eu 1.1" problem={factorsOf(draft.regions) === null ? WRONG_FACTOR : null} />
        <TextArea label="Times of day, UTC" value={draft.hours} onChange={(hours) => set({ hours })} rows={2} placeholder="16:30-00:30 0.5" problem={hoursOf(draft.hours) === null ? "From, until and a number a line, as in: 16:30-00:30 0.5" : null} />
      </div>
    </details>
  );
}
