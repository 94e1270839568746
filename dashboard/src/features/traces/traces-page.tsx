import { useNavigate, useSearch } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { useRef, type ReactNode } from "react";

import type { TraceTab } from "@/paths";
import { FilterBar } from "@/scope/filter-bar";
import { RangePicker } from "@/scope/range-picker";
import { useScope, type ScopeState } from "@/scope/use-scope";
import { FirstSteps } from "@/snippets/first-steps";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/state";
import { Tab, TabList, TabPanel, Tabs } from "@/ui/tabs";
import { useKeys } from "@/ui/use-keys";

import { ExportMenu } from "./export-menu";
import { ListPane } from "./list-pane";
import { useIsNewProject } from "./queries";
import { SearchBox } from "./search-box";

const TABS: readonly { tab: TraceTab; label: string }[] = [
  { tab: "traces", label: "Traces" },
  { tab: "spans", label: "Spans" },
  { tab: "sessions", label: "Sessions" },
];

/** Calls as they come in: traces, single spans, sessions. */
export function TracesPage() {
  const state = useScope();
  const search = useSearch({ from: "/traces" });
  const navigate = useNavigate({ from: "/traces" });
  const tab = search.tab ?? "traces";
  const searchInput = useRef<HTMLInputElement>(null);
  useKeys({
    "/": (event) => {
      event.preventDefault();
      searchInput.current?.focus();
    },
  });
  const setSearch = (q: string) => {
    const { q: _before, ...rest } = state.scope;
    state.set(q === "" ? rest : { ...rest, q });
  };
  return (
    <Tabs value={tab} onValueChange={(value) => void navigate({ search: { ...search, tab: value as TraceTab } })} className="flex h-full flex-col">
      <h1 className="sr-only">Traces</h1>
      <TabList aria-label="Lists" className="px-4 pt-2 md:px-6">
        {TABS.map((one) => (
          <Tab key={one.tab} value={one.tab} className="h-10">
            {one.label}
          </Tab>
        ))}
      </TabList>
      {/* A new list starts at its top, with nothing selected. */}
      <TabPanel value={tab} key={tab} className="flex min-h-0 flex-1 flex-col" tabIndex={-1}>
        <ListPane
          tab={tab}
          scope={state.scope}
          empty={<Empty state={state} noun={tab} />}
          controls={(live: ReactNode) => (
            <div className="flex flex-col gap-2 px-4 py-2.5 md:px-6">
              <div className="flex flex-wrap items-center gap-1.5">
                <SearchBox value={state.scope.q ?? ""} onSearch={setSearch} inputRef={searchInput} />
                <div className="ml-auto flex items-center gap-1.5">
                  {live}
                  <ExportMenu scope={state.scope} />
                  <RangePicker scope={state.scope} onChange={state.set} />
                </div>
              </div>
              <FilterBar state={state} />
            </div>
          )}
        />
      </TabPanel>
    </Tabs>
  );
}

function Empty({ state, noun }: { state: ScopeState; noun: TraceTab }) {
  const isNew = useIsNewProject(!state.isFiltered);
  if (isNew) {
    return (
      <div className="overflow-y-auto">
        <FirstSteps waiting="Waiting for the first call…" />
      </div>
    );
  }
  if (state.isFiltered) {
    return (
      <EmptyState icon={<SearchX />} title={`No ${noun} pass these filters`}>
        <p>Take one away, or look at a longer time.</p>
        <Button onClick={state.clear}>Clear filters</Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<SearchX />} title={`No ${noun} in this time`}>
      <p>{noun === "sessions" ? "Sessions appear when calls carry a session id." : "Look at a longer time, or send a call."}</p>
      <Button onClick={() => state.set({ range: "30d" })}>Show 30 days</Button>
    </EmptyState>
  );
}
