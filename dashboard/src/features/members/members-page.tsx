import { useParams } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { useState } from "react";

import { ROLE_MEANINGS, ROLES } from "@/access/may";
import { useMe, useOrganisationRefusal, useRefusal } from "@/access/me";
import type { Place } from "@/api/identity-endpoints";
import type { Me, Role } from "@/api/types";
import { Button } from "@/ui/button";
import { ReadOnlyNote, Section, SettingsBody } from "@/ui/settings";

import { Invitations } from "./invitations";
import { InviteDialog } from "./invite-dialog";
import { MemberList } from "./member-list";

/** Who may see and do what in the whole organisation. */
export function OrganisationMembersPage() {
  const { organisationId } = useParams({ from: "/organisations/$organisationId/members" });
  const me = useMe().data;
  const refusal = useOrganisationRefusal(organisationId, "members:write");
  if (me === undefined) return null;
  const role = me.organisations.find((each) => each.id === organisationId)?.role ?? null;
  return <Members place={{ kind: "organisations", id: organisationId }} me={me} role={role} refusal={refusal} note="Their role holds in every project of the organisation." />;
}

/** Who has a role in this project beside those of the organisation. */
export function ProjectMembersPage() {
  const me = useMe().data;
  const refusal = useRefusal("members:write");
  if (me?.project_id == null) return null;
  return <Members place={{ kind: "projects", id: me.project_id }} me={me} role={me.role} refusal={refusal} note="Guests of this project alone. Members of the organisation have their role here too." />;
}

function Members({ place, me, role, refusal, note }: { place: Place; me: Me; role: Role | null; refusal: string | null; note: string }) {
  const [inviting, setInviting] = useState(false);
  const mayChange = refusal === null;
  return (
    <SettingsBody>
      <ReadOnlyNote reason={refusal} />
      <Section
        title="Members"
        note={note}
        actions={
          mayChange && (
            <Button look="primary" onClick={() => setInviting(true)}>
              <UserPlus />
              Invite
            </Button>
          )
        }
      >
        <MemberList place={place} myId={me.user?.id ?? ""} myRole={role} mayChange={mayChange} />
      </Section>
      <Invitations place={place} mayChange={mayChange} />
      <Section title="What the roles mean" note="Each may do what those before it may.">
        <dl className="grid gap-x-6 gap-y-2 p-4 text-sm sm:grid-cols-[90px_1fr]">
          {ROLES.map((each) => (
            <div key={each} className="contents">
              <dt className="font-medium">{each}</dt>
              <dd className="text-muted">{ROLE_MEANINGS[each]}</dd>
            </div>
          ))}
        </dl>
      </Section>
      {inviting && <InviteDialog place={place} myRole={role} onClose={() => setInviting(false)} />}
    </SettingsBody>
  );
}
