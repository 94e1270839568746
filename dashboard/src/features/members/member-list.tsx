import { UserMinus } from "lucide-react";

import { isAtLeast, ROLES } from "@/access/may";
import { ME_KEY } from "@/access/me";
import { changeRole, removeMember, type Place } from "@/api/identity-endpoints";
import type { Member, Role } from "@/api/types";
import { useChange } from "@/api/use-change";
import { formatDay } from "@/format/until";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { FormProblem, Select } from "@/ui/form";
import { LoadMore, Loaded, Nothing, Row, Rows } from "@/ui/settings";

import { membersKey, useMembers } from "./queries";

interface Setting {
  place: Place;
  myId: string;
  myRole: Role | null;
  mayChange: boolean;
}

export function MemberList(setting: Setting) {
  const { place } = setting;
  const query = useMembers(place);
  const change = useChange(({ member, role }: { member: Member; role: Role }) => changeRole(place, member.user.id, role), [membersKey(place), ME_KEY]);
  const drop = useChange((member: Member) => removeMember(place, member.user.id), [membersKey(place), ME_KEY]);
  const problem = change.error ?? drop.error;
  return (
    <>
      {problem !== null && (
        <div className="px-4 pt-3">
          <FormProblem error={problem} />
        </div>
      )}
      <Loaded query={query} label="Loading members">
        {({ pages }) => {
          const members = pages.flatMap((page) => page.items);
          // Only when all of them are known can it be said that somebody is the last.
          const owners = query.hasNextPage ? 2 : members.filter((each) => each.role === "owner").length;
          if (members.length === 0) return <Nothing>{place.kind === "projects" ? "Nobody has a role in this project alone." : "No members."}</Nothing>;
          return (
            <Rows label="Members">
              {members.map((member) => (
                <MemberRow
                  key={member.user.id}
                  member={member}
                  setting={setting}
                  isLastOwner={place.kind === "organisations" && member.role === "owner" && owners === 1}
                  isBusy={change.isPending || drop.isPending}
                  onRole={(role) => change.mutate({ member, role })}
                  onRemove={() => drop.mutate(member)}
                />
              ))}
            </Rows>
          );
        }}
      </Loaded>
      <LoadMore query={query} className="border-t border-line p-3" />
    </>
  );
}

function MemberRow(props: { member: Member; setting: Setting; isLastOwner: boolean; isBusy: boolean; onRole: (role: Role) => void; onRemove: () => void }) {
  const { member, setting, isLastOwner, isBusy } = props;
  const { myId, myRole, mayChange } = setting;
  const name = member.user.name || member.user.email;
  const isMe = member.user.id === myId;
  const isAbove = myRole === null || !isAtLeast(myRole, member.role);
  const reason = isLastOwner ? "The last owner stays: make somebody else an owner first." : isAbove ? "Their role is above yours." : null;
  return (
    <Row
      actions={
        mayChange ? (
          <>
            <Select
              aria-label={`Role of ${name}`}
              className="w-28"
              value={member.role}
              disabled={reason !== null || isBusy}
              title={reason ?? undefined}
              options={ROLES.filter((role) => role === member.role || (myRole !== null && isAtLeast(myRole, role))).map((role) => ({ value: role, label: role }))}
              onChange={props.onRole}
            />
            <Confirm
              trigger={
                <IconButton label={reason === null ? `Remove ${name}` : `Cannot remove ${name}: ${reason}`} disabled={reason !== null || isBusy}>
                  <UserMinus />
                </IconButton>
              }
              title={isMe ? "Leave?" : `Remove ${name}?`}
              text={setting.place.kind === "organisations" ? "From the organisation and all its projects. To come back they need an invitation." : "From this project. A role in the organisation stays."}
              action={isMe ? "Leave" : "Remove"}
              danger
              onConfirm={props.onRemove}
            />
          </>
        ) : (
          <Badge size="md">{member.role}</Badge>
        )
      }
    >
      <div className="flex flex-wrap items-center gap-x-2 font-medium">
        <span className="truncate">{name}</span>
        {isMe && <Badge tone="accent">you</Badge>}
        {isLastOwner && <Badge title="An organisation keeps an owner.">last owner</Badge>}
      </div>
      <div className="truncate text-xs text-muted">
        {member.user.email} · since {formatDay(member.since)}
      </div>
    </Row>
  );
}
