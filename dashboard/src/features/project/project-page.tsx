import { Download, Trash2, X } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ME_KEY, useMe, useRefusal } from "@/access/me";
import { addEnvironment, deleteProject, fetchEnvironments, leave, projectExportUrl, removeEnvironment, renameProject } from "@/api/identity-endpoints";
import { saveAnswer } from "@/api/save";
import type { Project } from "@/api/types";
import { useChange } from "@/api/use-change";
import { formatDay } from "@/format/until";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Confirm } from "@/ui/dialog";
import { FormProblem, onSubmit, SubmitButton, TextField, TypedConfirm } from "@/ui/form";
import { Loaded, Nothing, ReadOnlyNote, Section, SettingsBody } from "@/ui/settings";

/** A project: its name, its environments, everything in it as a file, and its end. */
export function ProjectPage() {
  const me = useMe().data;
  const project = me?.projects.find((each) => each.id === me.project_id);
  const refusal = useRefusal("project:write");
  if (project === undefined) return null;
  return (
    <SettingsBody>
      <ReadOnlyNote reason={refusal} />
      <Name key={project.name} project={project} isReadOnly={refusal !== null} />
      <Environments projectId={project.id} isReadOnly={refusal !== null} />
      <Export projectId={project.id} />
      {me?.kind === "user" && <Ending project={project} />}
    </SettingsBody>
  );
}

function Name({ project, isReadOnly }: { project: Project; isReadOnly: boolean }) {
  const [name, setName] = useState(project.name);
  const rename = useChange(() => renameProject(project.id, name.trim()), [ME_KEY]);
  return (
    <Section title="Name" note={`Made on ${formatDay(project.created_at)}`}>
      <form onSubmit={onSubmit(() => rename.mutate())} className="flex flex-col gap-3 p-4">
        <div className="flex flex-wrap items-end gap-2">
          <TextField label="Name of the project" value={name} onChange={setName} disabled={isReadOnly} maxLength={200} className="min-w-0 flex-1 basis-64" />
          {!isReadOnly && (
            <SubmitButton size="lg" pending={rename.isPending} disabled={name.trim() === "" || name.trim() === project.name}>
              Rename
            </SubmitButton>
          )}
        </div>
        <FormProblem error={rename.error} />
        <p className="flex items-center gap-1 text-xs text-muted">
          Id <code className="font-mono text-text">{project.id}</code> <CopyButton text={project.id} label="Copy project id" /> <span>It never changes.</span>
        </p>
      </form>
    </Section>
  );
}

function Environments({ projectId, isReadOnly }: { projectId: string; isReadOnly: boolean }) {
  const concerns = [["environments", projectId]];
  const query = useQuery({ queryKey: ["environments", projectId], queryFn: ({ signal }) => fetchEnvironments(projectId, signal) });
  const [name, setName] = useState("");
  const add = useChange(() => addEnvironment(projectId, name.trim()), concerns, () => setName(""));
  const drop = useChange((environment: string) => removeEnvironment(projectId, environment), concerns);
  return (
    <Section title="Environments" note="Stages such as production and staging, as your spans name them. Budgets and redaction can tell them apart.">
      <Loaded query={query} label="Loading environments">
        {(environments) =>
          environments.length === 0 ? (
            <Nothing>None is named yet. Spans may carry any environment all the same.</Nothing>
          ) : (
            <ul aria-label="Environments" className="flex flex-wrap gap-2 p-4">
              {environments.map((environment) => (
                <li key={environment.name} className="flex h-7 items-center gap-1 rounded-md border border-line bg-sunken pr-1 pl-2.5 font-mono text-xs">
                  {environment.name}
                  {!isReadOnly && (
                    <Confirm
                      trigger={
                        <IconButton label={`Remove ${environment.name}`} size="icon-sm" className="size-5">
                          <X />
                        </IconButton>
                      }
                      title={`Remove ${environment.name}?`}
                      text="Only its name is forgotten. What was recorded in it stays."
                      action="Remove"
                      onConfirm={() => drop.mutate(environment.name)}
                    />
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {!isReadOnly && (
        <form onSubmit={onSubmit(() => add.mutate())} className="flex flex-wrap items-end gap-2 border-t border-line p-4">
          <TextField label="Name an environment" placeholder="production" value={name} onChange={setName} mono maxLength={63} className="min-w-0 flex-1 basis-48" problem={add.error?.message ?? drop.error?.message ?? null} />
          <SubmitButton size="lg" pending={add.isPending} disabled={name.trim() === ""}>
            Add
          </SubmitButton>
        </form>
      )}
    </Section>
  );
}

function Export({ projectId }: { projectId: string }) {
  const refusal = useRefusal("export:read");
  const save = useChange(() => saveAnswer(projectExportUrl(projectId), `${projectId}.ndjson`), []);
  return (
    <Section
      title="Export"
      note="Everything that is held of this project as NDJSON: spans with their texts, metric points, dead letters, ledger and settings. Without secrets."
      actions={
        <Button disabled={save.isPending || refusal !== null} title={refusal ?? undefined} onClick={() => save.mutate()}>
          <Download className="text-faint" />
          {save.isPending ? "Exporting…" : "Export everything"}
        </Button>
      }
    >
      <div className="px-4 py-3 text-xs text-muted">
        {save.isSuccess ? "The export is complete." : "For spans alone, with filters or as CSV and Parquet, there is Export on the page Traces."}
        <FormProblem error={save.error} />
      </div>
    </Section>
  );
}

function Ending({ project }: { project: Project }) {
  const refusal = useRefusal("project:delete");
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const drop = useChange(() => deleteProject(project.id), [ME_KEY], () => setOpen(false));
  const go = useChange(() => leave({ kind: "projects", id: project.id }), [ME_KEY]);
  const isLeaving = project.erase_after !== null;
  return (
    <Section title="Leave or delete" danger>
      <div className="flex flex-wrap items-center gap-3 px-4 py-3">
        <p className="min-w-0 flex-1 basis-64 text-sm text-muted">Leave the project: you give up a role in it. One by the organisation stays.</p>
        <Confirm trigger={<Button disabled={go.isPending}>Leave project</Button>} title={`Leave ${project.name}?`} text="To come back you need an invitation." action="Leave" danger onConfirm={() => go.mutate()} />
      </div>
      <div className="flex flex-wrap items-center gap-3 border-t border-line px-4 py-3">
        <p className="min-w-0 flex-1 basis-64 text-sm text-muted">
          Delete the project: it takes nothing in any more. After a grace period its data is erased everywhere; until then it can be restored. {refusal}
        </p>
        <Button look="danger" disabled={refusal !== null || isLeaving} onClick={() => setOpen(true)}>
          <Trash2 />
          {isLeaving ? "Is being deleted" : "Delete project"}
        </Button>
      </div>
      <div className="px-4 empty:hidden">
        <FormProblem error={go.error} />
      </div>
      <TypedConfirm
        title={`Delete ${project.name}?`}
        text="It takes nothing in from now on: apps that send to it are refused. An owner or admin can restore it during the grace period."
        word={project.id}
        typed={typed}
        onType={setTyped}
        action="Delete project"
        open={open}
        onOpenChange={setOpen}
        pending={drop.isPending}
        error={drop.error}
        onConfirm={() => drop.mutate()}
      />
    </Section>
  );
}
