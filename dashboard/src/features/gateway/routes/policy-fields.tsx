import type { GatewayProvider, GatewayRouteWish } from "@/api/gateway-types";
import { Checkbox, SelectField, TextArea, TextField, type Choice } from "@/ui/form";
import { Section } from "@/ui/settings";

import { NumberField } from "../number-field";
import { LEAVING } from "../leaving";
import { schemaOf, type RouteDraft } from "./draft";
import { TargetFields } from "./targets-fields";

export interface Part {
  draft: RouteDraft;
  set: (over: Partial<RouteDraft>) => void;
  setWish: (over: Partial<GatewayRouteWish>) => void;
}

const STICKY: readonly Choice<GatewayRouteWish["sticky"]>[] = [
  { value: "none", label: "None: each is drawn anew" },
  { value: "session", label: "Those of one session" },
  { value: "user", label: "Those of one user" },
];

const CACHES: readonly Choice<GatewayRouteWish["cache"]["mode"]>[] = [
  { value: "off", label: "Off" },
  { value: "exact", label: "The very same call" },
  { value: "semantic", label: "A call that means the same" },
];

export function TryingFields({ draft, set, setWish, providers }: Part & { providers: readonly GatewayProvider[] }) {
  const { wish, downgrade } = draft;
  return (
    <Section title="Trying and leaving">
      <div className="grid gap-4 p-4 sm:grid-cols-2">
        <NumberField label="Further tries of each" value={draft.retries} onChange={(retries) => set({ retries })} whole hint="With a growing pause, or the one that the provider names." />
        <NumberField label="First byte within, in seconds" value={draft.timeoutS} onChange={(timeoutS) => set({ timeoutS })} hint="0: as the provider has it." />
        <SelectField label="Calls that stay with one target" value={wish.sticky} options={STICKY} onChange={(sticky) => setWish({ sticky })} />
        <SelectField label="When the client leaves" value={wish.when_client_leaves} options={LEAVING} onChange={(when_client_leaves) => setWish({ when_client_leaves })} />
        {wish.when_client_leaves === "drain" && <NumberField label="Read on for, in seconds" value={draft.drainS} onChange={(drainS) => set({ drainS })} />}
        <div className="flex flex-col gap-3 sm:col-span-2">
          <Checkbox label="Go elsewhere while money is short" hint="Before a budget of these calls is used up, they go to something cheaper." checked={downgrade !== null} onChange={(isOn) => set({ downgrade: isOn ? { provider: providers[0]?.name ?? "", model: "", weight: "1" } : null })} />
          {downgrade !== null && (
            <div role="group" aria-label="Go elsewhere" className="flex flex-wrap items-end gap-2">
              <TargetFields target={downgrade} providers={providers} onChange={(over) => set({ downgrade: { ...downgrade, ...over } })} />
              <NumberField label="From percent" value={draft.downgradeAt} onChange={(downgradeAt) => set({ downgradeAt })} whole className="w-28" />
            </div>
          )}
        </div>
      </div>
    </Section>
  );
}

export function CacheFields({ draft, set, setWish }: Part) {
  const { cache } = draft.wish;
  return (
    <Section title="Cache" note="Always within the project. A hit costs nothing, and says that it is one.">
      <div className="grid gap-4 p-4 sm:grid-cols-2">
        <SelectField label="Answer again" value={cache.mode} options={CACHES} onChange={(mode) => setWish({ cache: { ...cache, mode } })} />
        {cache.mode !== "off" && <NumberField label="For how long, in minutes" value={draft.ttlMinutes} onChange={(ttlMinutes) => set({ ttlMinutes })} />}
        {cache.mode === "semantic" && (
          <>
            <TextField label="Embedding model" value={cache.embedding_model} onChange={(embedding_model) => setWish({ cache: { ...cache, embedding_model } })} required mono placeholder="openai/text-embedding-3-small" hint="As a caller would name it." />
            <NumberField label="Alike from" value={draft.similarity} onChange={(similarity) => set({ similarity })} hint="The cosine of both, from 0.5 to 1." />
          </>
        )}
      </div>
    </Section>
  );
}

export function GuardrailFields({ draft, set, setWish }: Part) {
  const { guardrails } = draft.wish;
  const setGuards = (over: Partial<typeof guardrails>) => setWish({ guardrails: { ...guardrails, ...over } });
  const webhook = guardrails.webhook ?? null;
  return (
    <Section title="Guardrails" note="What is checked before a call leaves and after its answer came. Verdicts stand on the span.">
      <div className="grid gap-4 p-4 sm:grid-cols-2">
        <div className="sm:col-span-2">
          <Checkbox label="Hide personal data from the provider" hint="Replaced in what is sent, and put back into the answer." checked={guardrails.redact} onChange={(redact) => setGuards({ redact })} />
        </div>
        <NumberField label="Longest call, in characters" value={draft.maxInput} onChange={(maxInput) => set({ maxInput })} whole hint="0: no bound." />
        <NumberField label="Longest answer, in characters" value={draft.maxOutput} onChange={(maxOutput) => set({ maxOutput })} whole hint="0: no bound." />
        <TextArea label="Refuse calls with" value={draft.blockedInput} onChange={(blockedInput) => set({ blockedInput })} rows={2} placeholder="(?i)ignore (all|previous) instructions" hint="An RE2 expression a line." />
        <TextArea label="Refuse answers with" value={draft.blockedOutput} onChange={(blockedOutput) => set({ blockedOutput })} rows={2} hint="An RE2 expression a line." />
        <div className="flex flex-col gap-3 sm:col-span-2">
          <Checkbox label="Any tool may be offered" checked={draft.allowsAnyTool} onChange={(allowsAnyTool) => set({ allowsAnyTool })} />
          {!draft.allowsAnyTool && <TextArea label="Tools that may be offered" value={draft.tools} onChange={(tools) => set({ tools })} rows={2} placeholder="search_*" hint="A pattern a line. Empty: none." />}
        </div>
        <TextArea className="sm:col-span-2" label="JSON Schema of the answer" value={draft.outputSchema} onChange={(outputSchema) => set({ outputSchema })} rows={4} placeholder={'{"type": "object", "required": ["answer"]}'} problem={schemaOf(draft.outputSchema) === undefined ? "This is no JSON object." : null} hint="Empty: answers are free." />
        {draft.outputSchema.trim() !== "" && (
          <div className="sm:col-span-2">
            <Checkbox label="Ask the model once to mend an answer that does not keep it" checked={guardrails.repair} onChange={(repair) => setGuards({ repair })} />
          </div>
        )}
        <div className="flex flex-col gap-3 sm:col-span-2">
          <Checkbox label="Ask a guard of our own" hint="A webhook that is sent the text, signed, and says allow or block." checked={webhook !== null} onChange={(isOn) => setGuards({ webhook: isOn ? { url: "", timeout_s: 2, fail_open: false } : null })} />
          {webhook !== null && (
            <div role="group" aria-label="Guard of our own" className="grid gap-4 sm:grid-cols-2">
              <TextField label="Address" type="url" value={webhook.url} onChange={(url) => setGuards({ webhook: { ...webhook, url } })} required placeholder="https://guard.example.org/check" />
              <TextField label="Signing secret" type="password" value={webhook.secret ?? ""} onChange={(secret) => setGuards({ webhook: { ...webhook, secret: secret === "" ? null : secret } })} autoComplete="off" minLength={8} hint="Empty: the one before stays." />
              <Checkbox label="Let calls through while it does not answer" checked={webhook.fail_open} onChange={(fail_open) => setGuards({ webhook: { ...webhook, fail_open } })} />
            </div>
          )}
        </div>
      </div>
    </Section>
  );
}
