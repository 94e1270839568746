import { FolderPlus, UserRoundX } from "lucide-react";
import { useState, type ReactNode } from "react";

import { isAtLeast } from "@/access/may";
import { ME_KEY, useMe } from "@/access/me";
import { useSwitchProject } from "@/access/switch-project";
import { createOrganisation, createProject } from "@/api/identity-endpoints";
import { useChange } from "@/api/use-change";
import { Button } from "@/ui/button";
import { FormProblem, onSubmit, SubmitButton, TextField } from "@/ui/form";
import { EmptyState } from "@/ui/state";

/** Stands where a page needs a project and the visitor has none. */
export function NoProject({ isNeeded, children }: { isNeeded: boolean; children: ReactNode }) {
  const me = useMe().data;
  if (!isNeeded || me === undefined || me.kind !== "user" || me.project_id !== null) return children;
  const organisation = me.organisations.find((each) => isAtLeast(each.role, "admin"));
  return organisation === undefined ? <Nowhere /> : <FirstProject organisationId={organisation.id} organisationName={organisation.name} />;
}

function FirstProject({ organisationId, organisationName }: { organisationId: string; organisationName: string }) {
  const switchProject = useSwitchProject();
  const [name, setName] = useState("");
  const create = useChange(() => createProject(organisationId, name.trim(), null), [], (project) => void switchProject(project.id, "/"));
  return (
    <EmptyState icon={<FolderPlus />} title={`${organisationName} has no project yet`} className="min-h-full">
      <p>Calls, keys and money belong to a project: one for each app or team.</p>
      <form onSubmit={onSubmit(() => create.mutate())} className="mx-auto mt-4 flex w-72 flex-col gap-2 text-left">
        <TextField label="Name of the project" value={name} onChange={setName} required autoFocus maxLength={200} />
        <FormProblem error={create.error} />
        <SubmitButton pending={create.isPending} disabled={name.trim() === ""}>
          Create project
        </SubmitButton>
      </form>
    </EmptyState>
  );
}

function Nowhere() {
  const found = useChange(() => createOrganisation("My organisation"), [ME_KEY]);
  return (
    <EmptyState icon={<UserRoundX />} title="You are in no project yet" className="min-h-full">
      <p>Ask a colleague for an invitation, or begin an organisation of your own.</p>
      <Button disabled={found.isPending} onClick={() => found.mutate()}>
        Begin an organisation
      </Button>
      <FormProblem error={found.error} />
    </EmptyState>
  );
}
