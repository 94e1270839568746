import { useState } from "react";

import type { GatewayProvider, GatewayRouteWish } from "@/api/gateway-types";
import { Checkbox, FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";
import { Section } from "@/ui/settings";

import { draftOf, wishOf, type RouteDraft } from "./draft";
import { CacheFields, GuardrailFields, TryingFields } from "./policy-fields";
import { TargetsFields } from "./targets-fields";
import { routeInWords } from "./words";

/** A route to fill in, beside what it will do. */
export function RouteForm({ first, providers, action, pending, error, saved = false, onSave }: { first: GatewayRouteWish; providers: readonly GatewayProvider[]; action: string; pending: boolean; error: Error | null; saved?: boolean; onSave: (wish: GatewayRouteWish) => void }) {
  const [draft, setDraft] = useState(() => draftOf(first, providers[0]?.name ?? ""));
  const set = (over: Partial<RouteDraft>) => setDraft({ ...draft, ...over });
  const setWish = (over: Partial<GatewayRouteWish>) => set({ wish: { ...draft.wish, ...over } });
  const part = { draft, set, setWish };
  const wish = wishOf(draft);
  return (
    <form onSubmit={onSubmit(() => wish !== null && onSave(wish))} className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_320px]">
      <div className="flex min-w-0 flex-col gap-5">
        <Section title="Name">
          <div className="flex flex-col gap-4 p-4">
            <TextField label="Name of the route" value={draft.wish.name} onChange={(name) => setWish({ name })} required maxLength={200} pattern="[A-Za-z0-9][A-Za-z0-9_.:@\-]*" title="Letters and digits; after the first also _ . : @ -" mono placeholder="fast" hint="Callers give it as their model." />
            <Checkbox label="On" hint="Off: calls that name it are refused." checked={draft.wish.enabled} onChange={(enabled) => setWish({ enabled })} />
          </div>
        </Section>
        <TargetsFields draft={draft} set={set} providers={providers} />
        <TryingFields {...part} providers={providers} />
        <CacheFields {...part} />
        <GuardrailFields {...part} />
      </div>
      <aside aria-label="What it will do" className="flex flex-col gap-4 rounded-lg border border-accent/40 bg-surface p-4 shadow-card lg:sticky lg:top-4">
        <h2 className="text-sm font-semibold">What it will do</h2>
        <div role="status" className="flex flex-col gap-2 text-sm">
          {wish === null ? <p className="text-muted">Give it a name and a target, and whole numbers where they are asked for.</p> : routeInWords(wish).map((sentence) => <p key={sentence}>{sentence}</p>)}
        </div>
        <FormProblem error={error} />
        <SubmitButton pending={pending} disabled={wish === null} className="self-start">
          {action}
        </SubmitButton>
        {saved && <p role="status" className="text-sm text-good">Saved: it holds from the next call on.</p>}
      </aside>
    </form>
  );
}
