import { Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { addProviderKey, changeProviderKey, removeProviderKey } from "@/api/gateway-endpoints";
import type { GatewayProvider, ProviderKey } from "@/api/gateway-types";
import { useChange } from "@/api/use-change";
import { formatShare } from "@/format/count";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Checkbox, FormDialog, TextField } from "@/ui/form";

import { PROVIDERS } from "../queries";

/** The keys of a provider, with the share of the calls that each takes. */
export function ProviderKeys({ provider, mayChange }: { provider: GatewayProvider; mayChange: boolean }) {
  const [editing, setEditing] = useState<ProviderKey | "new" | null>(null);
  const whole = provider.keys.reduce((sum, key) => sum + (key.enabled ? key.weight : 0), 0);
  return (
    <div className="mt-2 flex flex-col gap-1">
      <ul aria-label={`Keys of ${provider.name}`} className="flex flex-col gap-1">
        {provider.keys.map((key) => (
          <li key={key.id} className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs">
            <span className="font-medium">{key.name}</span>
            {key.hint === "" ? <span className="text-muted">kept hidden</span> : <code className="font-mono text-muted">…{key.hint}</code>}
            {key.enabled ? <span className="text-muted tabular">{formatShare(key.weight, whole)} of the calls</span> : <Badge>off</Badge>}
            {mayChange && <KeyActions provider={provider} apiKey={key} onEdit={() => setEditing(key)} />}
          </li>
        ))}
      </ul>
      {provider.keys.length === 0 && <p className="text-xs text-muted">{provider.kind === "ollama" || provider.kind === "openai_compatible" ? "Without a key: it is asked with none." : "No key yet: only callers who send a provider key of their own get through."}</p>}
      {mayChange && (
        <Button size="sm" look="link" className="self-start" onClick={() => setEditing("new")}>
          <Plus />
          Add a key
        </Button>
      )}
      {editing !== null && <KeyDialog provider={provider} apiKey={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </div>
  );
}

function KeyActions({ provider, apiKey, onEdit }: { provider: GatewayProvider; apiKey: ProviderKey; onEdit: () => void }) {
  const remove = useChange(() => removeProviderKey(provider.id, apiKey.id), [[PROVIDERS]]);
  return (
    <>
      <IconButton size="icon-sm" label={`Change the key ${apiKey.name} of ${provider.name}`} onClick={onEdit}>
        <Pencil />
      </IconButton>
      <Confirm
        trigger={
          <IconButton size="icon-sm" label={`Remove the key ${apiKey.name} of ${provider.name}`} disabled={remove.isPending}>
            <Trash2 />
          </IconButton>
        }
        title={`Remove the key ${apiKey.name}?`}
        text="It is forgotten at once. Calls that are under way with it go on."
        action="Remove"
        danger
        onConfirm={() => remove.mutate()}
      />
      {remove.error !== null && <span role="alert" className="text-bad">{remove.error.message}</span>}
    </>
  );
}

function KeyDialog({ provider, apiKey, onClose }: { provider: GatewayProvider; apiKey: ProviderKey | null; onClose: () => void }) {
  const [name, setName] = useState(apiKey?.name ?? "");
  const [secret, setSecret] = useState("");
  const [weight, setWeight] = useState(String(apiKey?.weight ?? 1));
  const [enabled, setEnabled] = useState(apiKey?.enabled ?? true);
  const save = useChange(
    () => (apiKey === null ? addProviderKey(provider.id, { name: name.trim(), api_key: secret.trim(), weight: Number(weight) }) : changeProviderKey(provider.id, apiKey.id, { name: name.trim(), weight: Number(weight), enabled })),
    [[PROVIDERS]],
    onClose,
  );
  const isWrong = name.trim() === "" || !/^\d+$/.test(weight) || (apiKey === null && secret.trim() === "");
  return (
    <FormDialog title={apiKey === null ? `New key of ${provider.name}` : `Change a key of ${provider.name}`} open onOpenChange={onClose} action={apiKey === null ? "Add key" : "Save"} pending={save.isPending} error={save.error} disabled={isWrong} onSubmit={() => save.mutate()}>
      <TextField label="Name" value={name} onChange={setName} required autoFocus maxLength={100} placeholder="second" />
      {apiKey === null && <TextField label="API key" type="password" value={secret} onChange={setSecret} required autoComplete="off" hint="Kept encrypted in the vault and never shown again." />}
      <TextField label="Weight" value={weight} onChange={setWeight} inputMode="numeric" required hint="Its share of the calls, beside the other keys; 0: none." />
      {apiKey !== null && <Checkbox label="On" checked={enabled} onChange={setEnabled} />}
    </FormDialog>
  );
}
