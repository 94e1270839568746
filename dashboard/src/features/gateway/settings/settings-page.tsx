import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import { saveGatewaySettings } from "@/api/gateway-endpoints";
import type { GatewaySettings, GatewaySettingsWish, RateRule } from "@/api/gateway-types";
import { fetchKeys } from "@/api/identity-endpoints";
import { useChange } from "@/api/use-change";
import { Button, IconButton } from "@/ui/button";
import { FormProblem, onSubmit, SelectField, SubmitButton, TextArea, TextField, type Choice } from "@/ui/form";
import { PageHeader } from "@/ui/page";
import { Loaded, Nothing, ReadOnlyNote, Section, SettingsBody } from "@/ui/settings";

import { LEAVING } from "../leaving";
import { OF_THE_FILE } from "../managed-by";
import { SETTINGS, useSettings } from "../queries";
import { draftOf, FIRST_RATE, rateInWords, wishOf, type RateDraft, type SettingsDraft } from "./draft";

const CAPTURES: readonly Choice<GatewaySettingsWish["capture"]>[] = [
  { value: "full", label: "Keep what was asked and answered" },
  { value: "none", label: "Keep figures only" },
];

const PER: readonly Choice<RateRule["per"]>[] = [
  { value: "project", label: "The project" },
  { value: "key", label: "Each API key" },
  { value: "user", label: "Each user" },
  { value: "model", label: "Each model" },
];

/** What holds for every call through the gateway. */
export function SettingsPage() {
  const query = useSettings();
  const refusal = useRefusal("gateway:write");
  // Above the form, which begins anew with what was saved.
  const save = useChange((given: GatewaySettingsWish) => saveGatewaySettings(given), [[SETTINGS]]);
  return (
    <>
      <PageHeader title="Gateway settings" note={<span className="hidden lg:inline">What holds for every call through the gateway.</span>} />
      <SettingsBody>
        <ReadOnlyNote reason={refusal} />
        <Loaded query={query} label="Loading settings">
          {(settings) => <SettingsForm key={JSON.stringify(settings)} settings={settings} mayChange={refusal === null} save={save} />}
        </Loaded>
      </SettingsBody>
    </>
  );
}

interface Part {
  draft: SettingsDraft;
  set: (over: Partial<SettingsDraft>) => void;
}

interface Saving {
  isPending: boolean;
  isSuccess: boolean;
  error: Error | null;
  mutate: (wish: GatewaySettingsWish) => void;
}

function SettingsForm({ settings, mayChange, save }: { settings: GatewaySettings; mayChange: boolean; save: Saving }) {
  const [draft, setDraft] = useState(() => draftOf(settings));
  const set = (over: Partial<SettingsDraft>) => setDraft({ ...draft, ...over });
  const wish = wishOf(draft);
  const isOfFile = settings.managed_by === "file";
  const isLocked = !mayChange || isOfFile;
  return (
    <form onSubmit={onSubmit(() => wish !== null && save.mutate(wish))}>
      {settings.config_error !== "" && (
        <p role="alert" className="mb-5 rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
          The configuration file was not taken; what held before still holds. {settings.config_error}
        </p>
      )}
      {isOfFile && mayChange && <ReadOnlyNote reason={OF_THE_FILE} />}
      <fieldset disabled={isLocked} className="mt-0 flex min-w-0 flex-col gap-5 disabled:[&_button]:hidden">
        <CallsFields draft={draft} set={set} />
        <RateFields draft={draft} set={set} />
        <AllowedFields draft={draft} set={set} />
        <FormProblem error={save.error} />
        {!isLocked && (
          <div className="flex items-center gap-3">
            <SubmitButton pending={save.isPending} disabled={wish === null}>
              Save settings
            </SubmitButton>
            {save.isSuccess && <span role="status" className="text-sm text-good">Saved: it holds from the next call on.</span>}
          </div>
        )}
      </fieldset>
    </form>
  );
}

function CallsFields({ draft, set }: Part) {
  return (
    <Section title="Calls">
      <div className="grid gap-4 p-4 sm:grid-cols-2">
        <SelectField label="Content" value={draft.capture} options={CAPTURES} onChange={(capture) => set({ capture })} hint="The project’s redaction holds for what is kept." />
        <SelectField label="When a client leaves" value={draft.whenClientLeaves} options={LEAVING} onChange={(whenClientLeaves) => set({ whenClientLeaves })} hint="For calls that go by no route: routes say it themselves." />
        {draft.whenClientLeaves === "drain" && <TextField label="Read on for, in seconds" value={draft.drainS} onChange={(drainS) => set({ drainS })} inputMode="decimal" />}
      </div>
    </Section>
  );
}

function RateFields({ draft, set }: Part) {
  const put = (index: number, over: Partial<RateDraft>) => set({ rates: draft.rates.map((rate, at) => (at === index ? { ...rate, ...over } : rate)) });
  return (
    <Section
      title="Rates"
      note="Exact over all processes where they share a Redis. Who is over gets 429, and when to try again."
      actions={
        <Button onClick={() => set({ rates: [...draft.rates, FIRST_RATE] })}>
          <Plus />
          Add a rate
        </Button>
      }
    >
      {draft.rates.length === 0 && <Nothing>No rate: calls are bounded by budgets and limits alone.</Nothing>}
      <ul aria-label="Rates" className="divide-y divide-line">
        {draft.rates.map((rate, index) => (
          <li key={index}>
            <div role="group" aria-label={`Rate ${index + 1}`} className="flex flex-wrap items-end gap-3 px-4 py-3">
              <SelectField label="For" value={rate.per} options={PER} onChange={(per) => put(index, { per })} className="w-36" />
              {rate.per !== "project" && <TextField label="Like" value={rate.match} onChange={(match) => put(index, { match })} mono className="w-36" />}
              <TextField label="Requests a minute" value={rate.requests} onChange={(requests) => put(index, { requests })} inputMode="numeric" className="w-36" />
              <TextField label="Tokens a minute" value={rate.tokens} onChange={(tokens) => put(index, { tokens })} inputMode="numeric" className="w-36" />
              <div className="flex basis-full items-center gap-2">
                <p className="flex-1 text-xs text-muted">{rateInWords(rate)}</p>
                <IconButton label={`Remove rate ${index + 1}`} onClick={() => set({ rates: draft.rates.filter((_, at) => at !== index) })}>
                  <Trash2 />
                </IconButton>
              </div>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function AllowedFields({ draft, set }: Part) {
  const mayReadKeys = useRefusal("keys:read") === null;
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => fetchKeys(signal), enabled: mayReadKeys }).data ?? [];
  const callers = keys.filter((key) => key.scopes.includes("gateway") && (key.state === "works" || key.state === "rotated"));
  const optionsFor = (chosen: string) => [
    ...(chosen === "" ? [{ value: "", label: "choose…" }] : []),
    ...callers.map((key) => ({ value: key.id, label: `${key.name} (${key.prefix}…)` })),
    ...(chosen === "" || callers.some((key) => key.id === chosen) ? [] : [{ value: chosen, label: keys.find((key) => key.id === chosen)?.name ?? chosen }]),
  ];
  return (
    <Section
      title="Models by key"
      note="A key that is not in this list may call every model."
      actions={
        <Button onClick={() => set({ allowed: [...draft.allowed, { keyId: "", models: "" }] })}>
          <Plus />
          Bound a key
        </Button>
      }
    >
      {draft.allowed.length === 0 && <Nothing>Every key with the scope “gateway” may call every model.</Nothing>}
      <ul aria-label="Models by key" className="divide-y divide-line">
        {draft.allowed.map((each, index) => {
          const put = (over: Partial<typeof each>) => set({ allowed: draft.allowed.map((one, at) => (at === index ? { ...one, ...over } : one)) });
          return (
            <li key={index}>
              <div role="group" aria-label={`Bounded key ${index + 1}`} className="flex flex-wrap items-start gap-3 px-4 py-3">
                <SelectField label="API key" value={each.keyId} options={optionsFor(each.keyId)} onChange={(keyId) => put({ keyId })} className="w-56" />
                <TextArea label="May call" value={each.models} onChange={(models) => put({ models })} rows={2} placeholder={"fast\nopenai/gpt-4.1-*"} hint="A route, or a pattern of provider/model, a line. Empty: none." className="min-w-0 flex-1 basis-56" />
                <IconButton label={`Unbound key ${index + 1}`} className="mt-6" onClick={() => set({ allowed: draft.allowed.filter((_, at) => at !== index) })}>
                  <Trash2 />
                </IconButton>
              </div>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
