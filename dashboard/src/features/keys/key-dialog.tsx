import { useState } from "react";

import { changeKey, createKey } from "@/api/identity-endpoints";
import type { ApiKey, NewApiKey, Scope } from "@/api/types";
import { useChange } from "@/api/use-change";
import { Checkbox, FormDialog, SelectField, TextArea, TextField } from "@/ui/form";

import { endOf, expiryOptions, linesOf, type Expiry } from "./wish";

const SCOPES: readonly { scope: Scope; meaning: string }[] = [
  { scope: "ingest", meaning: "Send calls. All that an app needs." },
  { scope: "read", meaning: "Read calls and figures, export them." },
  { scope: "gateway", meaning: "Call models through the gateway." },
  { scope: "admin", meaning: "Manage the project: keys, limits, redaction, prices." },
];

/** Makes a key, or changes what one may do. The secret never changes. */
export function KeyDialog({ apiKey, onClose, onMade }: { apiKey: ApiKey | null; onClose: () => void; onMade: (made: NewApiKey) => void }) {
  const [name, setName] = useState(apiKey?.name ?? "");
  const [scopes, setScopes] = useState<readonly Scope[]>(apiKey?.scopes ?? ["ingest"]);
  const [expiry, setExpiry] = useState<Expiry>(apiKey?.expires_at == null ? "never" : "keep");
  const [networks, setNetworks] = useState((apiKey?.allowed_networks ?? []).join("\n"));
  const save = useChange(
    async () => {
      const wish = { name: name.trim(), scopes: [...scopes], allowed_networks: linesOf(networks) };
      const expires_at = endOf(expiry, new Date());
      if (apiKey === null) return onMade(await createKey({ ...wish, expires_at: expires_at ?? null }));
      await changeKey(apiKey.id, { ...wish, ...(expires_at === undefined ? {} : { expires_at }) });
      return onClose();
    },
    [["keys"]],
  );
  const toggle = (scope: Scope, isOn: boolean) => setScopes(SCOPES.map((each) => each.scope).filter((each) => (each === scope ? isOn : scopes.includes(each))));
  return (
    <FormDialog
      title={apiKey === null ? "New API key" : "Change API key"}
      open
      onOpenChange={onClose}
      action={apiKey === null ? "Create key" : "Save"}
      pending={save.isPending}
      error={save.error}
      disabled={name.trim() === "" || scopes.length === 0}
      onSubmit={() => save.mutate()}
    >
      <TextField label="Name" value={name} onChange={setName} required autoFocus maxLength={200} placeholder="ingest of the shop" hint="Say what uses it, so that you know what stops when you revoke it." />
      <fieldset className="flex flex-col gap-2.5">
        <legend className="mb-2 text-sm font-medium">What it may do</legend>
        {SCOPES.map(({ scope, meaning }) => (
          <Checkbox key={scope} label={scope} hint={meaning} checked={scopes.includes(scope)} onChange={(isOn) => toggle(scope, isOn)} />
        ))}
      </fieldset>
      <SelectField label="Ends" value={expiry} options={expiryOptions(apiKey?.expires_at ?? null)} onChange={setExpiry} />
      <TextArea label="Allowed networks (optional)" value={networks} onChange={setNetworks} placeholder={"10.0.0.0/8\n2001:db8::/32"} hint="One address or network a line. Empty: from anywhere." rows={2} />
    </FormDialog>
  );
}
