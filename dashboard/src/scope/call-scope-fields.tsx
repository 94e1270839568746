import { useQuery } from "@tanstack/react-query";
import { useId } from "react";

import type { CallScope } from "@/api/control-types";
import { fetchKeys } from "@/api/identity-endpoints";
import { SelectField, TextField } from "@/ui/form";

import { CALL_FIELDS, type CallField } from "./call-scope";
import { useFacets } from "./facets";

const MONTH = { range: "30d" };

interface CallScopeFieldsProps {
  scope: CallScope;
  onChange: (scope: CallScope) => void;
  /** Whether what is about every project of the organisation may be asked for. */
  mayReachAll: boolean;
  mayReadKeys: boolean;
  /** The field that the server finds wrong, and why. */
  problem?: { field: string; message: string } | null;
}

/** Whose calls are meant: every field that is filled must hold. What occurred in the last month is suggested. */
export function CallScopeFields({ scope, onChange, mayReachAll, mayReadKeys, problem = null }: CallScopeFieldsProps) {
  const facets = useFacets(MONTH, true);
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => fetchKeys(signal), enabled: mayReadKeys });
  const set = (name: keyof CallScope) => (value: string) => onChange({ ...scope, [name]: value });
  const problemOf = (name: CallField) => (problem?.field === `scope.${name}` ? problem.message : null);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {(mayReachAll || scope.project === "all") && (
        <SelectField
          label="Projects"
          value={scope.project}
          options={[
            { value: "this", label: "This project" },
            { value: "all", label: "Every project of the organisation" },
          ]}
          onChange={set("project")}
          className="sm:col-span-2"
        />
      )}
      {CALL_FIELDS.map(({ name, label, facet, placeholder, hint }) =>
        name === "api_key" ? (
          <SelectField key={name} label={label} value={scope.api_key} problem={problemOf(name)} onChange={set(name)} options={keyOptions(keys.data ?? [], scope.api_key)} />
        ) : (
          <Suggesting key={name} label={label} value={scope[name]} onChange={set(name)} placeholder={placeholder} hint={hint} problem={problemOf(name)} values={facet === null ? [] : (facets?.[facet] ?? []).map((each) => each.value)} />
        ),
      )}
    </div>
  );
}

function keyOptions(keys: readonly { id: string; name: string; prefix: string }[], chosen: string) {
  const known = keys.map((key) => ({ value: key.id, label: `${key.name} (${key.prefix}…)` }));
  const isKnown = chosen === "" || known.some((each) => each.value === chosen);
  return [{ value: "", label: "any" }, ...known, ...(isKnown ? [] : [{ value: chosen, label: chosen }])];
}

interface SuggestingProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  values: readonly string[];
  placeholder?: string;
  hint?: string | undefined;
  problem?: string | null;
  required?: boolean;
}

/** A text field with the browser's own list of what occurs. */
export function Suggesting({ label, value, onChange, values, placeholder, hint, problem, required = false }: SuggestingProps) {
  const list = useId();
  return (
    <div className="min-w-0">
      <TextField label={label} value={value} onChange={onChange} list={list} placeholder={placeholder} required={required} maxLength={300} autoComplete="off" spellCheck={false} problem={problem} {...(hint === undefined ? {} : { hint })} />
      <datalist id={list}>
        {values.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </div>
  );
}
