import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { isAtLeast } from "@/access/may";
import { ME_KEY } from "@/access/me";
import { useSwitchProject } from "@/access/switch-project";
import { createOrganisation, createProject } from "@/api/identity-endpoints";
import type { Me } from "@/api/types";
import { useChange } from "@/api/use-change";
import { FormDialog, SelectField, TextField } from "@/ui/form";

/** A project to add; it opens once it is there. */
export function NewProjectDialog({ me, organisationId, onClose }: { me: Me; organisationId: string | null; onClose: () => void }) {
  const switchProject = useSwitchProject();
  const mine = me.organisations.filter((each) => isAtLeast(each.role, "admin"));
  const [organisation, setOrganisation] = useState(organisationId ?? mine.find((each) => each.id === me.organisation_id)?.id ?? mine[0]?.id ?? "");
  const [name, setName] = useState("");
  const [id, setId] = useState("");
  const create = useChange(
    () => createProject(organisation, name.trim(), id.trim() || null),
    [],
    (project) => {
      onClose();
      void switchProject(project.id, "/");
    },
  );
  return (
    <FormDialog title="New project" open onOpenChange={onClose} action="Create project" pending={create.isPending} error={create.error} disabled={name.trim() === ""} onSubmit={() => create.mutate()}>
      {mine.length > 1 && <SelectField label="Organisation" value={organisation} options={mine.map((each) => ({ value: each.id, label: each.name }))} onChange={setOrganisation} />}
      <TextField label="Name" value={name} onChange={setName} autoFocus required maxLength={200} hint="One for each app or team whose calls and money belong together." />
      <TextField label="Id (optional)" value={id} onChange={setId} mono maxLength={63} pattern="[a-z0-9_\-]*" hint="a–z, 0–9, _ and -. It stands in addresses and never changes. Made up when you leave it empty." />
    </FormDialog>
  );
}

/** An organisation to found, whose owner one becomes. */
export function NewOrganisationDialog({ onClose, onMade }: { onClose: () => void; onMade: (organisationId: string) => void }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const create = useChange(
    async () => {
      const made = await createOrganisation(name.trim());
      await queryClient.refetchQueries({ queryKey: ME_KEY });
      return made;
    },
    [],
    (made) => onMade(made.id),
  );
  return (
    <FormDialog title="New organisation" open onOpenChange={onClose} action="Create organisation" pending={create.isPending} error={create.error} disabled={name.trim() === ""} onSubmit={() => create.mutate()}>
      <TextField label="Name" value={name} onChange={setName} autoFocus required maxLength={200} hint="Organisations share nothing: members, projects and sign-on are each one’s own." />
    </FormDialog>
  );
}
