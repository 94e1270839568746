import { useQuery } from "@tanstack/react-query";
import { FlaskConical, OctagonX } from "lucide-react";
import { useState } from "react";

import { useMe } from "@/access/me";
import { organisationRole } from "@/access/may";
import { KILL_SWITCHES, previewKillSwitch, triggerKillSwitch } from "@/api/budget-endpoints";
import type { KillSwitch, KillSwitchPreview } from "@/api/control-types";
import { useChange } from "@/api/use-change";
import { useLate } from "@/api/use-late";
import { plural } from "@/format/count";
import { EVERY_CALL } from "@/scope/call-scope";
import { CallScopeFields } from "@/scope/call-scope-fields";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { FormProblem, SelectField, TextArea, TextField } from "@/ui/form";
import { Section } from "@/ui/settings";

import { Blocked } from "./blocked";
import { routesOf, SPANS, wishOf, type Draft } from "./wish";

const EMPTY: Draft = { scope: EVERY_CALL, routes: "", reason: "", minutes: "" };

export function TriggerForm() {
  const me = useMe().data;
  const [draft, setDraft] = useState(EMPTY);
  const set = (over: Partial<Draft>) => setDraft({ ...draft, ...over });
  const preview = usePreview(draft);
  const trigger = useChange(triggerKillSwitch, [[KILL_SWITCHES]], (made: KillSwitch) => !made.dry_run && setDraft(EMPTY));
  const send = (isDry: boolean) => {
    const wish = wishOf(draft, isDry);
    if (wish !== null) trigger.mutate(wish);
  };
  const isReady = wishOf(draft, true) !== null;
  return (
    <Section title="Stop calls" note="With a reason alone it stops the whole project. Every further field that you fill must hold for a call to be stopped.">
      <div className="grid gap-5 p-4 lg:grid-cols-[minmax(0,1fr)_340px]">
        <div className="flex min-w-0 flex-col gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField label="Reason" value={draft.reason} onChange={(reason) => set({ reason })} required maxLength={1000} placeholder="runaway agent" hint="Everybody who is stopped reads it." />
            <SelectField label="How long" value={draft.minutes} options={SPANS} onChange={(minutes) => set({ minutes })} />
          </div>
          <CallScopeFields
            scope={draft.scope}
            onChange={(scope) => set({ scope })}
            mayReachAll={me?.kind === "user" && me.organisation_id !== null && organisationRole(me, me.organisation_id) !== null}
            mayReadKeys={me?.permissions.includes("keys:read") === true}
          />
          <TextArea label="Routes that stay open (optional)" value={draft.routes} onChange={(routes) => set({ routes })} placeholder={"/health\n/sos*"} hint="One a line. May hold * and ?." rows={2} />
        </div>
        <aside aria-label="Before you stop" className="flex flex-col gap-3 self-start rounded-lg border border-line bg-sunken p-4">
          <PreviewPanel preview={preview.data} error={preview.error} />
          <FormProblem error={trigger.error} />
          {trigger.data?.dry_run === true && (
            <p role="status" className="rounded-md bg-info-soft px-3 py-2 text-sm text-info">
              The dry run counts from now on. Its row below tells what it would have stopped.
            </p>
          )}
          <div className="flex flex-wrap gap-2">
            <Button disabled={!isReady || trigger.isPending} onClick={() => send(true)}>
              <FlaskConical className="text-faint" />
              Dry run
            </Button>
            <Confirm
              trigger={
                <Button look="danger" disabled={!isReady || trigger.isPending}>
                  <OctagonX />
                  Stop these calls
                </Button>
              }
              title="Stop these calls now?"
              text={`${preview.data?.describes ?? "Stops the calls that you chose"}, ${SPANS.find((span) => span.value === draft.minutes)?.label ?? ""}. In the last hour that was ${preview.data === undefined ? "an unknown number of calls" : plural(preview.data.would_block.calls, "call")}.`}
              action="Stop them"
              danger
              onConfirm={() => send(false)}
            />
          </div>
          {!isReady && <p className="text-xs text-muted">Give a reason first.</p>}
        </aside>
      </div>
    </Section>
  );
}

function PreviewPanel({ preview, error }: { preview: KillSwitchPreview | undefined; error: Error | null }) {
  if (preview === undefined) return <p className="text-sm text-muted">{error === null ? "Counting…" : error.message}</p>;
  return (
    <>
      <p role="status" className="text-base font-medium">{preview.describes}.</p>
      <Blocked would={preview.would_block} lead="In the last hour it would have stopped" />
    </>
  );
}

const AN_HOUR = 60;

/** What such a stop would have stopped in the last hour. Nothing is stopped by asking. */
function usePreview(draft: Draft) {
  const late = useLate({ scope: draft.scope, routes: routesOf(draft.routes) });
  return useQuery({
    queryKey: ["kill-preview", late],
    queryFn: ({ signal }) => previewKillSwitch(late.scope, late.routes, AN_HOUR, signal),
    placeholderData: (before) => before,
    staleTime: 20_000,
  });
}
