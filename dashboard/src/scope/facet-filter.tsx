import { Check, ChevronDown } from "lucide-react";
import { useState } from "react";

import { formatCount } from "@/format/count";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Input } from "@/ui/field";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { Skeleton } from "@/ui/state";

import { useFacets } from "./facets";
import { FILTER_LABELS, type ListFilter, type Scope } from "./scope";

const SEARCHABLE_FROM = 8;

/** One filter as a button with a list of the values that occur. */
export function FacetFilter({ name, scope, onChange }: { name: ListFilter; scope: Scope; onChange: (values: string[]) => void }) {
  const [open, setOpen] = useState(false);
  const chosen = scope[name] ?? [];
  const label = FILTER_LABELS[name];
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button size="sm" className={cn(chosen.length > 0 && "border-accent/40 bg-accent-soft text-accent-text hover:bg-accent-soft")}>
          <span className={chosen.length > 0 ? "" : "text-muted"}>{label}</span>
          {chosen.length > 0 && <span className="max-w-36 truncate font-semibold">{chosen[0]}</span>}
          {chosen.length > 1 && <span>+{chosen.length - 1}</span>}
          <ChevronDown className="opacity-60" />
        </Button>
      </PopoverTrigger>
      <PopoverContent className="w-64 p-1" aria-label={`${label} filter`}>
        <FacetValues name={name} scope={scope} chosen={chosen} onChange={onChange} />
      </PopoverContent>
    </Popover>
  );
}

function FacetValues({ name, scope, chosen, onChange }: { name: ListFilter; scope: Scope; chosen: string[]; onChange: (values: string[]) => void }) {
  const [typed, setTyped] = useState("");
  const facets = useFacets(scope, true);
  if (facets === undefined) {
    return (
      <div role="status" aria-label="Loading values" className="flex flex-col gap-2 p-2">
        <Skeleton className="h-4" />
        <Skeleton className="h-4" />
      </div>
    );
  }
  const known = facets[name] ?? [];
  const values = [...chosen.filter((value) => !known.some((one) => one.value === value)).map((value) => ({ value, spans: 0 })), ...known];
  const matching = values.filter((one) => one.value.toLowerCase().includes(typed.toLowerCase()));
  const exact = typed.trim() !== "" && !values.some((one) => one.value === typed.trim());
  const toggle = (value: string) => onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <>
      {(values.length >= SEARCHABLE_FROM || values.length === 0) && (
        <div className="p-1">
          <Input aria-label={`Find ${FILTER_LABELS[name].toLowerCase()}`} placeholder="Find or type a value" value={typed} onChange={(event) => setTyped(event.target.value)} className="h-7 shadow-none" />
        </div>
      )}
      <ul className="max-h-72 overflow-y-auto">
        {matching.map((one) => (
          <li key={one.value}>
            <button
              type="button"
              role="checkbox"
              aria-checked={chosen.includes(one.value)}
              onClick={() => toggle(one.value)}
              className="group flex h-8 w-full items-center gap-2 rounded-sm px-2 text-left hover:bg-hover"
            >
              <span className="flex size-3.5 shrink-0 items-center justify-center rounded-[3px] border border-line-strong group-aria-checked:border-accent group-aria-checked:bg-accent">
                <Check className="hidden size-3 text-on-accent group-aria-checked:block" />
              </span>
              <span className="truncate">{one.value || "(none)"}</span>
              <span className="ml-auto text-xs text-faint tabular">{one.spans > 0 ? formatCount(one.spans) : ""}</span>
            </button>
          </li>
        ))}
        {exact && (
          <li>
            <button type="button" className="flex h-8 w-full items-center rounded-sm px-2 text-left hover:bg-hover" onClick={() => toggle(typed.trim())}>
              Use “{typed.trim()}”
            </button>
          </li>
        )}
      </ul>
      {matching.length === 0 && !exact && <p className="p-2 text-muted">Nothing to filter by in this time.</p>}
    </>
  );
}
