import { useState } from "react";

import type { Project } from "@/api/types";
import type { AuditSearch } from "@/paths";
import { Button } from "@/ui/button";
import { onSubmit, SelectField, TextField } from "@/ui/form";

/** The kinds of things that rows are about; the API takes a noun for all its actions. */
const NOUNS = ["key", "member", "invitation", "project", "organisation", "environment", "sign_in", "session", "sessions", "account", "sso", "sso_provider", "redaction", "limits", "erasure", "budget", "kill_switch", "price", "alert_rule", "alert_channel", "master_key"];

const NAMES = ["scope", "actor", "action", "target", "from", "to"] as const;

/** What is typed counts once it is entered; it then stands in the address. */
export function AuditFilters({ search, projects, onChange }: { search: AuditSearch; projects: readonly Project[]; onChange: (search: AuditSearch) => void }) {
  const [typed, setTyped] = useState<AuditSearch>(search);
  const set = (name: (typeof NAMES)[number], value: string) => setTyped({ ...typed, [name]: value });
  const apply = (wanted: AuditSearch) => onChange(Object.fromEntries(NAMES.flatMap((name) => (wanted[name]?.trim() ? [[name, wanted[name].trim()]] : []))));
  const at = (name: "scope" | "from" | "to") => (value: string) => apply({ ...typed, [name]: value });
  return (
    <form role="search" aria-label="Audit log" onSubmit={onSubmit(() => apply(typed))} className="grid grid-cols-2 gap-3 p-4 lg:grid-cols-6">
      <TextField label="Who" value={typed.actor ?? ""} onChange={(value) => set("actor", value)} placeholder="ada@example.org" />
      <TextField label="Action" value={typed.action ?? ""} onChange={(value) => set("action", value)} placeholder="key, key.created" list="audit-actions" />
      <datalist id="audit-actions">
        {NOUNS.map((noun) => (
          <option key={noun} value={noun} />
        ))}
      </datalist>
      <TextField label="Target id" value={typed.target ?? ""} onChange={(value) => set("target", value)} />
      <SelectField label="Project" value={typed.scope ?? ""} options={[{ value: "", label: "All" }, ...projects.map((each) => ({ value: each.id, label: each.name }))]} onChange={at("scope")} />
      <TextField label="From" type="date" value={typed.from ?? ""} onChange={at("from")} />
      <TextField label="To" type="date" value={typed.to ?? ""} onChange={at("to")} />
      <div className="col-span-full flex gap-2">
        <Button type="submit">Filter</Button>
        {Object.keys(search).some((name) => (NAMES as readonly string[]).includes(name)) && (
          <Button look="ghost" onClick={() => onChange({})}>
            Clear filters
          </Button>
        )}
      </div>
    </form>
  );
}
