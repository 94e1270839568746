import { Plus, X } from "lucide-react";
import { useState } from "react";

import { ROLES } from "@/access/may";
import { ApiError } from "@/api/client";
import { addProvider, changeProvider } from "@/api/identity-endpoints";
import type { Role, SsoProvider } from "@/api/types";
import { useChange } from "@/api/use-change";
import { Button, IconButton } from "@/ui/button";
import { FormDialog, Select, SelectField, TextField } from "@/ui/form";
import { Input } from "@/ui/field";

import { draftOf, wishOf, type ProviderDraft } from "./provider-wish";

const ROLE_CHOICES = ROLES.map((role) => ({ value: role, label: role }));

export function ProviderDialog({ organisationId, provider, onClose }: { organisationId: string; provider: SsoProvider | null; onClose: () => void }) {
  const [draft, setDraft] = useState<ProviderDraft>(() => draftOf(provider));
  const set = (part: Partial<ProviderDraft>) => setDraft({ ...draft, ...part });
  const save = useChange(
    () => (provider === null ? addProvider(organisationId, wishOf(draft)) : changeProvider(organisationId, provider.id, wishOf(draft))),
    [["sso", organisationId]],
    onClose,
  );
  const wrong = (field: string) => (save.error instanceof ApiError && save.error.field === field ? save.error.message : null);
  return (
    <FormDialog title={provider === null ? "Add a sign-on provider" : `Change ${provider.name}`} open onOpenChange={onClose} action={provider === null ? "Add provider" : "Save"} pending={save.isPending} error={save.error instanceof ApiError && save.error.field !== null ? null : save.error} onSubmit={() => save.mutate()}>
      <TextField label="Name" value={draft.name} onChange={(name) => set({ name })} required autoFocus placeholder="Acme" hint="What the button says." problem={wrong("name")} />
      <TextField label="Issuer" type="url" value={draft.issuer} onChange={(issuer) => set({ issuer })} required mono placeholder="https://login.acme.com" hint="As the provider writes it; Lynex finds the rest." problem={wrong("issuer")} />
      <TextField label="Client id" value={draft.client_id} onChange={(client_id) => set({ client_id })} required mono autoComplete="off" problem={wrong("client_id")} />
      <TextField label="Client secret" type="password" value={draft.client_secret} onChange={(client_secret) => set({ client_secret })} required={provider === null} mono autoComplete="off" hint={provider === null ? "Kept sealed, and never shown again." : "Leave it empty to keep the one that is there."} problem={wrong("client_secret")} />
      <TextField label="E-mail domains" value={draft.domains} onChange={(domains) => set({ domains })} required mono placeholder="acme.com, acme.org" hint="Who has an address of these may sign in by it." problem={wrong("email_domains")} />
      <TextField label="Claim for roles (optional)" value={draft.role_claim} onChange={(role_claim) => set({ role_claim })} mono placeholder="groups" hint="What says who somebody is: groups, or realm_access.roles." problem={wrong("role_claim")} />
      {draft.role_claim.trim() !== "" && <Mapping mapping={draft.mapping} onChange={(mapping) => set({ mapping })} problem={wrong("role_mapping")} />}
      <SelectField<Role | "">
        label="Role of new people otherwise"
        value={draft.default_role}
        options={[{ value: "", label: "None: they may not enter" }, ...ROLE_CHOICES]}
        onChange={(default_role) => set({ default_role })}
      />
    </FormDialog>
  );
}

type Row = ProviderDraft["mapping"][number];

function Mapping({ mapping, onChange, problem }: { mapping: readonly Row[]; onChange: (mapping: readonly Row[]) => void; problem: string | null }) {
  const replace = (at: number, part: Partial<Row>) => onChange(mapping.map((row, index) => (index === at ? { ...row, ...part } : row)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-sm font-medium">Roles by value of that claim</legend>
      {mapping.map((row, index) => (
        <div key={index} className="flex items-center gap-2">
          <Input aria-label={`Value ${index + 1}`} value={row.value} placeholder="platform-team" className="h-9 font-mono text-xs" onChange={(event) => replace(index, { value: event.target.value })} />
          <Select aria-label={`Role for value ${index + 1}`} className="h-9 w-32" value={row.role} options={ROLE_CHOICES} onChange={(role) => replace(index, { role })} />
          <IconButton label={`Remove value ${index + 1}`} onClick={() => onChange(mapping.filter((_, at) => at !== index))}>
            <X />
          </IconButton>
        </div>
      ))}
      {problem !== null && <p role="alert" className="text-xs text-bad">{problem}</p>}
      <Button size="sm" className="self-start" onClick={() => onChange([...mapping, { value: "", role: "member" }])}>
        <Plus />
        Add a value
      </Button>
      <p className="text-xs text-muted">The highest that matches counts.</p>
    </fieldset>
  );
}
