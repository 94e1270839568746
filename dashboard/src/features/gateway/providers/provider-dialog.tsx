import { useState } from "react";

import { saveProvider } from "@/api/gateway-endpoints";
import type { GatewayProvider, GatewayProviderWish } from "@/api/gateway-types";
import { useChange } from "@/api/use-change";
import { Suggesting } from "@/scope/call-scope-fields";
import { Checkbox, FormDialog, SelectField, TextArea, TextField } from "@/ui/form";

import { NumberField } from "../number-field";
import { CONFIGURED } from "../queries";
import { draftOf, FIRST_PROVIDER, headersOf, wishOf, withKind, type ProviderDraft } from "./draft";
import { COMPATIBLE_URLS, kindOf, KINDS } from "./kinds";

interface Part {
  draft: ProviderDraft;
  set: (over: Partial<ProviderDraft>) => void;
}

/** Adds a provider or changes one. Its keys are changed in its row. */
export function ProviderDialog({ provider, onClose }: { provider: GatewayProvider | null; onClose: () => void }) {
  const [draft, setDraft] = useState(() => (provider === null ? FIRST_PROVIDER : draftOf(provider)));
  const set = (over: Partial<ProviderDraft>) => setDraft({ ...draft, ...over });
  const wish = wishOf(draft);
  const save = useChange((given: GatewayProviderWish) => saveProvider(provider?.id ?? null, given), CONFIGURED, onClose);
  const kind = kindOf(draft.kind);
  return (
    <FormDialog title={provider === null ? "New provider" : `Change ${provider.name}`} open onOpenChange={onClose} action={provider === null ? "Add provider" : "Save"} pending={save.isPending} error={save.error} disabled={wish === null} onSubmit={() => wish !== null && save.mutate(wish)}>
      {provider === null && <SelectField label="Kind" value={draft.kind} options={KINDS} onChange={(chosen) => setDraft(withKind(draft, chosen))} />}
      <TextField label="Name" value={draft.name} onChange={(name) => set({ name })} required autoFocus={provider !== null} maxLength={63} pattern="[a-z0-9][a-z0-9_.\-]*" title="Small letters and digits; after the first also _ . -" mono hint={`Callers may name its models as ${draft.name || "name"}/model.`} />
      <Suggesting label="Base URL" value={draft.baseUrl} onChange={(baseUrl) => set({ baseUrl })} values={draft.kind === "openai_compatible" ? COMPATIBLE_URLS : []} placeholder={kind.baseUrl || "https://…"} required={kind.baseUrl === ""} hint={kind.baseUrl === "" ? undefined : "Empty: the usual one."} />
      {provider === null && <TextField label="API key" type="password" value={draft.apiKey} onChange={(apiKey) => set({ apiKey })} autoComplete="off" placeholder={kind.keyHint} hint="Kept encrypted in the vault and never shown again. More keys can be added afterwards." />}
      <More draft={draft} set={set} />
      <Checkbox label="On" hint="Calls go to it. Off: it is passed over." checked={draft.enabled} onChange={(enabled) => set({ enabled })} />
    </FormDialog>
  );
}

function More({ draft, set }: Part) {
  return (
    <details className="text-sm">
      <summary className="font-medium text-muted">Models, bounds and headers</summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        <TextArea label="Models" className="sm:col-span-2" value={draft.models} onChange={(models) => set({ models })} rows={3} placeholder="gpt-*" hint="A pattern a line: it is chosen where a caller names such a model alone. Empty: those usual for the kind." />
        <NumberField label="Silent for at most, in seconds" value={draft.timeoutS} onChange={(timeoutS) => set({ timeoutS })} hint="Then the call has failed." />
        <NumberField label="Calls at the same time" value={draft.maxConcurrency} onChange={(maxConcurrency) => set({ maxConcurrency })} whole hint="In one process; 0: no bound." />
        <NumberField label="Left alone after failures in a row" value={draft.breakerFailures} onChange={(breakerFailures) => set({ breakerFailures })} whole hint="0: never." />
        <NumberField label="Left alone for, in seconds" value={draft.breakerOpenS} onChange={(breakerOpenS) => set({ breakerOpenS })} />
        <TextField label="Priced as" value={draft.priceAs} onChange={(priceAs) => set({ priceAs })} mono hint="What the price book calls it. Empty: as is usual." />
        <TextArea label="Headers" className="sm:col-span-2" value={draft.headers} onChange={(headers) => set({ headers })} rows={2} placeholder="OpenAI-Organization: org-…" hint="Sent with every call. Nothing secret." problem={headersOf(draft.headers) === null ? "A name, a colon and a value a line" : null} />
      </div>
    </details>
  );
}
