import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";

import { hasFilters, LIST_FILTERS, MINIMUM_FILTERS, scopeOf, toggled, withoutFilters, type ListFilter, type Scope } from "./scope";

const NAMES: readonly string[] = [...LIST_FILTERS, ...MINIMUM_FILTERS, "range", "from", "to", "q"];

export interface ScopeState {
  scope: Scope;
  set: (scope: Scope) => void;
  toggle: (name: ListFilter, value: string) => void;
  clear: () => void;
  isFiltered: boolean;
}

/** The scope of the page in view. Setting it writes the URL and keeps what else is in it (tab, selection). */
export function useScope(): ScopeState {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const scope = useMemo(() => scopeOf(search), [search]);
  const set = (next: Scope) => {
    const others = Object.fromEntries(Object.entries(search).filter(([name]) => !NAMES.includes(name)));
    void navigate({ to: ".", search: { ...others, ...next } as never });
  };
  return {
    scope,
    set,
    toggle: (name, value) => set(toggled(scope, name, value)),
    clear: () => set(withoutFilters(scope)),
    isFiltered: hasFilters(scope),
  };
}
