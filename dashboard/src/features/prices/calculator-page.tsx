import { useState } from "react";

import type { Calculated, Calculation } from "@/api/control-types";
import { calculatePrice } from "@/api/price-endpoints";
import { useChange } from "@/api/use-change";
import { formatNanoUsd } from "@/format/money";
import { Suggesting } from "@/scope/call-scope-fields";
import { useFacets } from "@/scope/facets";
import { Badge } from "@/ui/badge";
import { FormProblem, onSubmit, SelectField, SubmitButton, TextField } from "@/ui/form";
import { Section, SettingsBody } from "@/ui/settings";

import { flagInWords, perInWords, unitInWords } from "./terms";
import { usageOf } from "./usage";

const COUNTS = [
  { name: "input_tokens", label: "Input tokens", hint: "With the cached ones." },
  { name: "output_tokens", label: "Output tokens", hint: "With reasoning." },
  { name: "cache_read_tokens", label: "Of them read from cache", hint: "" },
  { name: "cache_write_5m_tokens", label: "Written to cache for 5 minutes", hint: "" },
  { name: "cache_write_1h_tokens", label: "Written to cache for 1 hour", hint: "" },
  { name: "reasoning_tokens", label: "Reasoning tokens", hint: "" },
  { name: "web_searches", label: "Web searches", hint: "" },
] as const;

/** What a call with a given usage would cost, and by which rates. */
export function CalculatorPage() {
  const facets = useFacets({ range: "30d" }, true);
  const [fields, setFields] = useState({ model: "", provider: "", service_tier: "", region: "", at: "", duration: "" });
  const [counts, setCounts] = useState<Record<string, string>>({ input_tokens: "1000", output_tokens: "500" });
  const [convention, setConvention] = useState<Calculation["usage_convention"]>("inclusive");
  const set = (over: Partial<typeof fields>) => setFields({ ...fields, ...over });
  const ask = useChange(calculatePrice, []);
  const usage = usageOf(counts);
  const submit = () => {
    if (usage === null) return;
    const { at, duration, ...rest } = fields;
    ask.mutate({ ...rest, model: rest.model.trim(), usage, usage_convention: convention, at: at === "" ? null : `${at}T12:00:00Z`, duration_ms: duration === "" ? null : Number(duration) * 1000 });
  };
  return (
    <SettingsBody wide>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_380px]">
        <Section title="A call" note="What it used, or would use.">
          <form onSubmit={onSubmit(submit)} className="flex flex-col gap-4 p-4">
            <div className="grid gap-4 sm:grid-cols-2">
              <Suggesting label="Model" value={fields.model} onChange={(model) => set({ model })} values={(facets?.model ?? []).map((each) => each.value)} required placeholder="gpt-4o-mini" />
              <Suggesting label="Provider" value={fields.provider} onChange={(provider) => set({ provider })} values={(facets?.provider ?? []).map((each) => each.value)} placeholder="any" />
              {COUNTS.map(({ name, label, hint }) => (
                <TextField key={name} label={label} value={counts[name] ?? ""} onChange={(text) => setCounts({ ...counts, [name]: text })} inputMode="numeric" placeholder="0" {...(hint === "" ? {} : { hint })} />
              ))}
              <SelectField
                label="How the counts are meant"
                value={convention}
                options={[
                  { value: "inclusive", label: "Input with cache, output with reasoning" },
                  { value: "exclusive", label: "Each count by itself" },
                  { value: "unknown", label: "Not known" },
                ]}
                onChange={setConvention}
              />
              <TextField label="Service tier" value={fields.service_tier} onChange={(service_tier) => set({ service_tier })} placeholder="standard" maxLength={100} />
              <TextField label="Region" value={fields.region} onChange={(region) => set({ region })} placeholder="any" maxLength={100} />
              <TextField label="On the day (UTC)" type="date" value={fields.at} onChange={(at) => set({ at })} hint="Empty: now." />
              <TextField label="Duration, in seconds" value={fields.duration} onChange={(duration) => set({ duration })} inputMode="decimal" hint="For models priced by GPU hours." />
            </div>
            {usage === null && (
              <p role="alert" className="text-sm text-bad">
                Counts are whole numbers from 0.
              </p>
            )}
            <FormProblem error={ask.error} />
            <SubmitButton pending={ask.isPending} disabled={usage === null || fields.model.trim() === ""} className="self-start">
              Work out the cost
            </SubmitButton>
          </form>
        </Section>
        <Section title="Cost">
          <div aria-live="polite" className="p-4">
            {ask.data === undefined ? <p className="text-sm text-muted">Name a model and what the call used.</p> : <Result result={ask.data} />}
          </div>
        </Section>
      </div>
    </SettingsBody>
  );
}

function Result({ result }: { result: Calculated }) {
  return (
    <>
      {result.cost_nanousd === null ? <Badge tone="warn" size="md">unpriced</Badge> : <p className="text-2xl font-semibold tabular break-all">{formatNanoUsd(result.cost_nanousd)}</p>}
      <p className="mt-1 text-xs break-all text-muted">{result.price_version === "" ? "No source knows this model." : `By ${result.price_version}`}</p>
      {result.flags.length > 0 && (
        <ul aria-label="What there is to say" className="mt-2 flex flex-wrap gap-1.5">
          {result.flags.map((flag) => (
            <li key={flag}>
              <Badge tone="warn">{flagInWords(flag)}</Badge>
            </li>
          ))}
        </ul>
      )}
      {result.rates.length > 0 && (
        <table className="mt-3 w-full text-sm">
          <caption className="sr-only">Rates that hold for it</caption>
          <tbody className="divide-y divide-line border-t border-line">
            {result.rates.map((rate) => (
              <tr key={`${rate.unit} ${rate.above_input_tokens}`}>
                <th scope="row" className="py-1.5 text-left font-normal text-muted">
                  {unitInWords(rate.unit)}
                  {rate.above_input_tokens > 0 && ` above ${rate.above_input_tokens.toLocaleString("en-US")}`}
                </th>
                <td className="py-1.5 text-right tabular">
                  ${rate.usd} <span className="text-xs text-faint">{perInWords(rate)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
