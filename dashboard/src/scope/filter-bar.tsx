import { ListFilter as FilterIcon, X } from "lucide-react";
import { useState } from "react";

import { Button } from "@/ui/button";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";

import { FacetFilter } from "./facet-filter";
import { FILTER_LABELS, LIST_FILTERS, MINIMUM_FILTERS, withList, type ListFilter, type MinimumFilter, type Scope } from "./scope";
import type { ScopeState } from "./use-scope";
import { MinimumField, ValueField } from "./value-field";

/** Always offered; the others appear once they are set. */
const COMMON: readonly ListFilter[] = ["environment", "provider", "model", "route", "end_user_id"];

/** The filters in one row: the common ones, those in use, and a way to add any other. */
export function FilterBar({ state }: { state: ScopeState }) {
  const { scope, set } = state;
  const shown = LIST_FILTERS.filter((name) => COMMON.includes(name) || scope[name] !== undefined);
  return (
    <div role="group" aria-label="Filters" className="flex min-w-0 flex-1 items-center gap-1.5 overflow-x-auto py-0.5 -my-0.5 px-0.5 -mx-0.5 sm:flex-wrap sm:overflow-visible">
      {shown.map((name) => (
        <FacetFilter key={name} name={name} scope={scope} onChange={(values) => set(withList(scope, name, values))} />
      ))}
      {MINIMUM_FILTERS.map((name) => {
        const value = scope[name];
        if (value === undefined) return null;
        return (
          <Button key={name} size="sm" className="border-accent/40 bg-accent-soft text-accent-text" onClick={() => set(withMinimum(scope, name, ""))}>
            {FILTER_LABELS[name]} {value}
            <X aria-label="Remove" />
          </Button>
        );
      })}
      <AddFilter state={state} />
      {state.isFiltered && (
        <Button size="sm" look="ghost" onClick={state.clear}>
          Clear
        </Button>
      )}
    </div>
  );
}

function AddFilter({ state }: { state: ScopeState }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState<ListFilter | MinimumFilter | null>(null);
  const { scope, set } = state;
  const isMinimum = (one: string): one is MinimumFilter => MINIMUM_FILTERS.some((minimum) => minimum === one);
  const finish = (next: Scope) => {
    set(next);
    setOpen(false);
  };
  const others = [...LIST_FILTERS.filter((one) => !COMMON.includes(one)), ...MINIMUM_FILTERS];
  return (
    <Popover
      open={open}
      onOpenChange={(now) => {
        setOpen(now);
        setName(null);
      }}
    >
      <PopoverTrigger asChild>
        <Button size="sm" look="ghost">
          <FilterIcon />
          More
        </Button>
      </PopoverTrigger>
      <PopoverContent className="w-56 p-1" aria-label="Add a filter">
        {name === null ? (
          <ul>
            {others.map((one) => (
              <li key={one}>
                <button type="button" className="flex h-7 w-full items-center rounded-sm px-2 text-left hover:bg-hover" onClick={() => setName(one)}>
                  {FILTER_LABELS[one]}
                </button>
              </li>
            ))}
          </ul>
        ) : isMinimum(name) ? (
          <MinimumField name={name} onSubmit={(value) => finish(withMinimum(scope, name, value))} />
        ) : (
          <ValueField name={name} scope={scope} onSubmit={(value) => finish(withList(scope, name, [...(scope[name] ?? []), value]))} />
        )}
      </PopoverContent>
    </Popover>
  );
}

function withMinimum(scope: Scope, name: MinimumFilter, value: string): Scope {
  const { [name]: _before, ...rest } = scope;
  return value === "" ? rest : { ...rest, [name]: value };
}
