import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";

import type { GatewayProvider } from "@/api/gateway-types";
import { Button, IconButton } from "@/ui/button";
import { SelectField, TextField } from "@/ui/form";
import { Section } from "@/ui/settings";

import { NumberField } from "../number-field";
import type { RouteDraft, TargetDraft } from "./draft";
import { WeightBar } from "./weight-bar";

interface Part {
  draft: RouteDraft;
  set: (over: Partial<RouteDraft>) => void;
  providers: readonly GatewayProvider[];
}

/** Where calls go, by share, and where when that fails. */
export function TargetsFields({ draft, set, providers }: Part) {
  const first = providers[0]?.name ?? "";
  const weighted = draft.shared.map((target) => ({ provider: target.provider, model: target.model, weight: Math.max(0, Number(target.weight) || 0) }));
  return (
    <>
      <Section title="Targets" note="Of these one is drawn for each call, by weight. When it fails before the first byte, the others are tried.">
        <div className="flex flex-col gap-3 p-4">
          <TargetList kind="Target" targets={draft.shared} providers={providers} onChange={(shared) => set({ shared })} hasWeight least={1} />
          {weighted.some((target) => target.weight > 0) && <WeightBar targets={weighted} />}
          <Button size="sm" className="self-start" onClick={() => set({ shared: [...draft.shared, { provider: first, model: "", weight: "1" }] })}>
            <Plus />
            Add a target
          </Button>
        </div>
      </Section>
      <Section title="Fallbacks" note="Tried in this order once every target has failed.">
        <div className="flex flex-col gap-3 p-4">
          {draft.fallbacks.length === 0 && <p className="text-sm text-muted">None: when every target has failed, the call has.</p>}
          <TargetList kind="Fallback" targets={draft.fallbacks} providers={providers} onChange={(fallbacks) => set({ fallbacks })} least={0} />
          <Button size="sm" className="self-start" onClick={() => set({ fallbacks: [...draft.fallbacks, { provider: first, model: "", weight: "0" }] })}>
            <Plus />
            Add a fallback
          </Button>
        </div>
      </Section>
    </>
  );
}

function TargetList({ kind, targets, providers, onChange, least, hasWeight = false }: { kind: string; targets: readonly TargetDraft[]; providers: readonly GatewayProvider[]; onChange: (targets: TargetDraft[]) => void; least: number; hasWeight?: boolean }) {
  const put = (index: number, over: Partial<TargetDraft>) => onChange(targets.map((target, at) => (at === index ? { ...target, ...over } : target)));
  const swap = (index: number) => onChange(targets.map((target, at) => (at === index ? (targets[index + 1] ?? target) : at === index + 1 ? (targets[index] ?? target) : target)));
  return (
    <ol className="flex flex-col gap-3">
      {targets.map((target, index) => {
        const name = `${kind} ${index + 1}`;
        return (
          <li key={index}>
            <div role="group" aria-label={name} className="flex flex-wrap items-end gap-2">
              <TargetFields target={target} providers={providers} onChange={(over) => put(index, over)} hasWeight={hasWeight} />
              {!hasWeight && targets.length > 1 && (
                <>
                  <IconButton label={`${name} earlier`} disabled={index === 0} onClick={() => swap(index - 1)}>
                    <ArrowUp />
                  </IconButton>
                  <IconButton label={`${name} later`} disabled={index === targets.length - 1} onClick={() => swap(index)}>
                    <ArrowDown />
                  </IconButton>
                </>
              )}
              {targets.length > least && (
                <IconButton label={`Remove ${name.toLowerCase()}`} onClick={() => onChange(targets.filter((_, at) => at !== index))}>
                  <Trash2 />
                </IconButton>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** A provider, and the model to ask it for. */
export function TargetFields({ target, providers, onChange, hasWeight = false }: { target: TargetDraft; providers: readonly GatewayProvider[]; onChange: (over: Partial<TargetDraft>) => void; hasWeight?: boolean }) {
  const names = providers.map((provider) => provider.name);
  const isKnown = target.provider === "" || names.includes(target.provider);
  const options = [...(target.provider === "" ? [{ value: "", label: "choose…" }] : []), ...(isKnown ? names : [...names, target.provider]).map((name) => ({ value: name, label: name }))];
  return (
    <>
      <SelectField label="Provider" value={target.provider} options={options} onChange={(provider) => onChange({ provider })} className="w-36" />
      <TextField label="Model" value={target.model} onChange={(model) => onChange({ model })} mono placeholder="the one that is named" maxLength={200} className="flex-1 basis-44" spellCheck={false} />
      {hasWeight && <NumberField label="Weight" value={target.weight} onChange={(weight) => onChange({ weight })} whole least={1} className="w-20" />}
    </>
  );
}
