import { X } from "lucide-react";

import { revokeInvitation, type Place } from "@/api/identity-endpoints";
import { useChange } from "@/api/use-change";
import { formatDistance } from "@/format/until";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { FormProblem } from "@/ui/form";
import { Loaded, Nothing, Row, Rows, Section } from "@/ui/settings";

import { invitationsKey, useInvitations } from "./queries";

/** Invitations that nobody has accepted yet. */
export function Invitations({ place, mayChange }: { place: Place; mayChange: boolean }) {
  const query = useInvitations(place);
  const revoke = useChange((id: string) => revokeInvitation(place, id), [invitationsKey(place)]);
  return (
    <Section title="Open invitations">
      {revoke.error !== null && (
        <div className="px-4 pt-3">
          <FormProblem error={revoke.error} />
        </div>
      )}
      <Loaded query={query} label="Loading invitations">
        {(invitations) =>
          invitations.length === 0 ? (
            <Nothing>Nobody is invited just now.</Nothing>
          ) : (
            <Rows label="Open invitations">
              {invitations.map((invitation) => (
                <Row
                  key={invitation.id}
                  actions={
                    <>
                      <Badge size="md">{invitation.role}</Badge>
                      {mayChange && (
                        <Confirm
                          trigger={
                            <IconButton label={`Take back the invitation of ${invitation.email}`}>
                              <X />
                            </IconButton>
                          }
                          title="Take this invitation back?"
                          text={`The link that ${invitation.email} was given stops working at once.`}
                          action="Take it back"
                          danger
                          onConfirm={() => revoke.mutate(invitation.id)}
                        />
                      )}
                    </>
                  }
                >
                  <div className="truncate font-medium">{invitation.email}</div>
                  <div className="text-xs text-muted">The link ends {formatDistance(invitation.expires_at, new Date())}.</div>
                </Row>
              ))}
            </Rows>
          )
        }
      </Loaded>
    </Section>
  );
}
