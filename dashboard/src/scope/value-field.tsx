import { useState, type FormEvent } from "react";

import { Button } from "@/ui/button";
import { Input } from "@/ui/field";

import { useFacets } from "./facets";
import { FILTER_LABELS, type ListFilter, type MinimumFilter, type Scope } from "./scope";

const UNITS: Record<MinimumFilter, string> = { min_cost_usd: "US dollars", min_latency_ms: "milliseconds", min_tokens: "tokens" };

export function MinimumField({ name, onSubmit }: { name: MinimumFilter; onSubmit: (value: string) => void }) {
  return <OneField label={`${FILTER_LABELS[name]} (${UNITS[name]})`} type="number" onSubmit={onSubmit} />;
}

/** A value to type, with those that occur below it to pick from. */
export function ValueField({ name, scope, onSubmit }: { name: ListFilter; scope: Scope; onSubmit: (value: string) => void }) {
  const facets = useFacets(scope, true);
  const values = facets?.[name] ?? [];
  return (
    <>
      <OneField label={FILTER_LABELS[name]} type="text" placeholder={name === "metadata" ? "key:value" : ""} onSubmit={onSubmit} />
      {values.length > 0 && (
        <ul className="max-h-56 overflow-y-auto border-t border-line p-1">
          {values.map((one) => (
            <li key={one.value}>
              <button type="button" className="flex h-7 w-full items-center rounded-sm px-2 text-left hover:bg-hover" onClick={() => onSubmit(one.value)}>
                <span className="truncate">{one.value}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function OneField(props: { label: string; type: "text" | "number"; placeholder?: string; onSubmit: (value: string) => void }) {
  const [value, setValue] = useState("");
  const isUsable = props.type === "number" ? Number(value) > 0 : value.trim() !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isUsable) props.onSubmit(value.trim());
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2 p-2">
      <label className="flex flex-col gap-1 text-xs text-muted">
        {props.label}
        <Input autoFocus type={props.type} step="any" min={0} placeholder={props.placeholder} value={value} onChange={(event) => setValue(event.target.value)} />
      </label>
      <Button type="submit" size="sm" look="primary" disabled={!isUsable}>
        Add filter
      </Button>
    </form>
  );
}
