import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import { ApiError } from "@/api/client";
import { changeRedaction, fetchRedaction } from "@/api/privacy-endpoints";
import type { RedactionSettings, RedactionState } from "@/api/types";
import { useChange } from "@/api/use-change";
import { formatDistance } from "@/format/until";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { FormProblem } from "@/ui/form";
import { Loaded, ReadOnlyNote, SettingsBody } from "@/ui/settings";

import { RulesForm } from "./rules-form";
import { TryPanel } from "./try-panel";

/** What is removed from recordings before anything is stored. */
export function RedactionPage() {
  const query = useQuery({ queryKey: ["redaction"], queryFn: ({ signal }) => fetchRedaction(signal), refetchOnWindowFocus: false });
  const refusal = useRefusal("redaction:write");
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      <Loaded query={query} label="Loading redaction">
        {(state) => <Editor key={state.version} state={state} isReadOnly={refusal !== null} onReload={() => void query.refetch()} />}
      </Loaded>
    </SettingsBody>
  );
}

function Editor({ state, isReadOnly, onReload }: { state: RedactionState; isReadOnly: boolean; onReload: () => void }) {
  const [draft, setDraft] = useState<RedactionSettings>(state.settings);
  const save = useChange(() => changeRedaction(draft, state.version), [["redaction"]]);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(state.settings);
  const isOutdated = save.error instanceof ApiError && save.error.status === 412;
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <RulesForm settings={draft} isReadOnly={isReadOnly} onChange={setDraft} />
        {!isReadOnly && (
          <div className={cn("flex flex-wrap items-center gap-3 rounded-lg border bg-surface px-4 py-3", isChanged ? "sticky bottom-3 border-accent shadow-pop" : "border-line shadow-card")}>
            <p className="min-w-0 flex-1 text-xs text-muted">
              {isChanged ? "Not saved yet: try it on the sample first." : state.updated_at === null ? "As the installation has it." : `Changed ${formatDistance(state.updated_at, new Date())}. Holds for what is received from then on.`}
            </p>
            {isChanged && <Button onClick={() => setDraft(state.settings)}>Discard</Button>}
            <Button look="primary" disabled={!isChanged || save.isPending} onClick={() => save.mutate()}>
              Save
            </Button>
            <div className="w-full empty:hidden">
              <FormProblem error={isOutdated ? new Error("Somebody else changed these settings meanwhile. Load theirs, then make your change again.") : save.error} />
              {isOutdated && (
                <Button size="sm" className="mt-2" onClick={onReload}>
                  Load theirs
                </Button>
              )}
            </div>
          </div>
        )}
      </div>
      <div className="min-w-0 lg:sticky lg:top-12">
        <TryPanel settings={draft} isDraft={isChanged} />
      </div>
    </div>
  );
}
