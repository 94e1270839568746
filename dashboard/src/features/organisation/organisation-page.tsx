import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";

import { ME_KEY, useMe, useOrganisationRefusal } from "@/access/me";
import { chooseProject } from "@/api/project";
import { deleteOrganisation, fetchMembers, leave, renameOrganisation, transferOwnership } from "@/api/identity-endpoints";
import type { Organisation } from "@/api/types";
import { useChange } from "@/api/use-change";
import { formatDay } from "@/format/until";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Confirm } from "@/ui/dialog";
import { FormProblem, onSubmit, SelectField, SubmitButton, TextField, TypedConfirm } from "@/ui/form";
import { Loaded, Nothing, ReadOnlyNote, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

/** An organisation: its name, who owns it, and its end. */
export function OrganisationPage() {
  const { organisationId } = useParams({ from: "/organisations/$organisationId/" });
  const me = useMe().data;
  const organisation = me?.organisations.find((each) => each.id === organisationId);
  const refusal = useOrganisationRefusal(organisationId, "organisation:write");
  if (me === undefined) return null;
  if (organisation == null || organisation.role === null) return <EmptyState title="This organisation is not yours to see">You have no role in it as a whole.</EmptyState>;
  const projects = me.projects.filter((each) => each.organisation_id === organisationId).length;
  return (
    <SettingsBody>
      <ReadOnlyNote reason={refusal} />
      <Name key={organisation.name} organisation={organisation} isReadOnly={refusal !== null} />
      <Ownership organisation={organisation} myId={me.user?.id ?? ""} isReadOnly={refusal !== null} />
      <Ending organisation={organisation} projects={projects} refusal={refusal} />
    </SettingsBody>
  );
}

function Name({ organisation, isReadOnly }: { organisation: Organisation; isReadOnly: boolean }) {
  const [name, setName] = useState(organisation.name);
  const rename = useChange(() => renameOrganisation(organisation.id, name.trim()), [ME_KEY]);
  return (
    <Section title="Name" note={`Made on ${formatDay(organisation.created_at)}`}>
      <form onSubmit={onSubmit(() => rename.mutate())} className="flex flex-col gap-3 p-4">
        <div className="flex flex-wrap items-end gap-2">
          <TextField label="Name of the organisation" value={name} onChange={setName} disabled={isReadOnly} maxLength={200} className="min-w-0 flex-1 basis-64" />
          {!isReadOnly && (
            <SubmitButton size="lg" pending={rename.isPending} disabled={name.trim() === "" || name.trim() === organisation.name}>
              Rename
            </SubmitButton>
          )}
        </div>
        <FormProblem error={rename.error} />
        <p className="flex items-center gap-1 text-xs text-muted">
          Id <code className="font-mono break-all text-text">{organisation.id}</code> <CopyButton text={organisation.id} label="Copy organisation id" />
        </p>
      </form>
    </Section>
  );
}

function Ownership({ organisation, myId, isReadOnly }: { organisation: Organisation; myId: string; isReadOnly: boolean }) {
  const query = useQuery({ queryKey: ["members", "first page", organisation.id], queryFn: ({ signal }) => fetchMembers({ kind: "organisations", id: organisation.id }, null, signal) });
  const [heir, setHeir] = useState("");
  const transfer = useChange((userId: string) => transferOwnership(organisation.id, userId), [ME_KEY, ["members"]]);
  return (
    <Section title="Owners" note="They may do everything, and there is always one.">
      <Loaded query={query} label="Loading owners">
        {({ items }) => {
          const others = items.filter((each) => each.user.id !== myId);
          return (
            <>
              <ul aria-label="Owners" className="flex flex-wrap gap-2 p-4">
                {items
                  .filter((each) => each.role === "owner")
                  .map((each) => (
                    <li key={each.user.id} className="rounded-md border border-line bg-sunken px-2.5 py-1 text-sm">
                      {each.user.name || each.user.email} <span className="text-xs text-muted">{each.user.email}</span>
                    </li>
                  ))}
              </ul>
              {!isReadOnly &&
                (others.length === 0 ? (
                  <Nothing>To hand the organisation over, invite somebody first.</Nothing>
                ) : (
                  <div className="flex flex-wrap items-end gap-2 border-t border-line p-4">
                    <SelectField
                      label="Hand your ownership over to"
                      className="min-w-0 flex-1 basis-64"
                      value={heir}
                      options={[{ value: "", label: "Choose a member" }, ...others.map((each) => ({ value: each.user.id, label: `${each.user.name || each.user.email} (${each.role})` }))]}
                      onChange={setHeir}
                    />
                    <Confirm trigger={<Button size="lg" disabled={heir === "" || transfer.isPending}>Transfer</Button>} title="Hand your ownership over?" text="They become owner in your stead, and you become admin. Only they can give it back." action="Transfer ownership" danger onConfirm={() => transfer.mutate(heir)} />
                    <div className="w-full empty:hidden">
                      <FormProblem error={transfer.error} />
                    </div>
                  </div>
                ))}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}

function Ending({ organisation, projects, refusal }: { organisation: Organisation; projects: number; refusal: string | null }) {
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const gone = () => {
    chooseProject(null);
    void navigate({ ...paths.overview(), search: { project: undefined } as never });
  };
  const go = useChange(() => leave({ kind: "organisations", id: organisation.id }), [ME_KEY], gone);
  const drop = useChange(() => deleteOrganisation(organisation.id), [ME_KEY], gone);
  const reason = refusal ?? (projects > 0 ? `It has ${projects === 1 ? "a project" : `${projects} projects`}: delete those first, and wait until they are erased.` : null);
  return (
    <Section title="Leave or delete" danger>
      <div className="flex flex-wrap items-center gap-3 px-4 py-3">
        <p className="min-w-0 flex-1 basis-64 text-sm text-muted">Leave the organisation and all its projects. The last owner cannot.</p>
        <Confirm trigger={<Button disabled={go.isPending}>Leave organisation</Button>} title={`Leave ${organisation.name}?`} text="You leave all its projects too. To come back you need an invitation." action="Leave" danger onConfirm={() => go.mutate()} />
        <div className="w-full empty:hidden">
          <FormProblem error={go.error} />
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-3 border-t border-line px-4 py-3">
        <p className="min-w-0 flex-1 basis-64 text-sm text-muted">Delete the organisation with its members and invitations. Its audit log stays. {reason}</p>
        <Button look="danger" disabled={reason !== null} onClick={() => setOpen(true)}>
          <Trash2 />
          Delete organisation
        </Button>
      </div>
      <TypedConfirm title={`Delete ${organisation.name}?`} text="Its members, invitations and sign-on go with it, for good." word={organisation.name} typed={typed} onType={setTyped} action="Delete organisation" open={open} onOpenChange={setOpen} pending={drop.isPending} error={drop.error} onConfirm={() => drop.mutate()} />
    </Section>
  );
}
