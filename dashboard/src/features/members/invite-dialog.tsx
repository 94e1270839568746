import { useState } from "react";

import { isAtLeast, ROLE_MEANINGS, ROLES, withArticle } from "@/access/may";
import { invite, type Place } from "@/api/identity-endpoints";
import type { Role } from "@/api/types";
import { useChange } from "@/api/use-change";
import { FormDialog, SelectField, TextField } from "@/ui/form";
import { SecretDialog } from "@/ui/secret-dialog";

import { invitationsKey } from "./queries";

/** Invites somebody; where no mail is sent, it gives the link to hand over. */
export function InviteDialog({ place, myRole, onClose }: { place: Place; myRole: Role | null; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const send = useChange(() => invite(place, email.trim(), role), [invitationsKey(place)], (made) => {
    if (made.link === null) onClose();
  });
  const link = send.data?.link ?? null;
  if (link !== null) {
    return (
      <SecretDialog title="Hand this link over" label="Invitation link" secret={link} done="I copied it" onDone={onClose}>
        This Lynex sends no mail. Give the link to {email.trim()} yourself: it works once, for 7 days, and lets whoever opens it in as {withArticle(role)}. It is shown this once.
      </SecretDialog>
    );
  }
  return (
    <FormDialog title="Invite somebody" open onOpenChange={onClose} action="Invite" pending={send.isPending} error={send.error} disabled={email.trim() === ""} onSubmit={() => send.mutate()}>
      <TextField label="E-mail address" type="email" required autoFocus autoComplete="off" value={email} onChange={setEmail} />
      <SelectField
        label="Role"
        value={role}
        options={ROLES.filter((each) => myRole !== null && isAtLeast(myRole, each)).map((each) => ({ value: each, label: each }))}
        onChange={setRole}
        hint={ROLE_MEANINGS[role]}
      />
    </FormDialog>
  );
}
