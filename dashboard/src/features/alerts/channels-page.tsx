import { Plus, Send } from "lucide-react";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import type { Channel, NewChannel } from "@/api/alert-types";
import { Button } from "@/ui/button";
import { Dialog, SheetContent } from "@/ui/dialog";
import { SecretDialog } from "@/ui/secret-dialog";
import { Loaded, ReadOnlyNote, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { ChannelDialog } from "./channel-dialog";
import { ChannelRow } from "./channel-row";
import { Deliveries } from "./deliveries";
import { useChannels } from "./queries";

type Doing = { kind: "edit"; channel: Channel | null } | { kind: "log"; channel: Channel } | null;

/** Who is told, how, and whether it gets through. */
export function ChannelsPage() {
  const query = useChannels();
  const refusal = useRefusal("alerts:write");
  const [doing, setDoing] = useState<Doing>(null);
  const [made, setMade] = useState<NewChannel | null>(null);
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      <Section
        title="Channels"
        note="A channel that fails is shown here, and told on another."
        actions={
          refusal === null && (
            <Button look="primary" onClick={() => setDoing({ kind: "edit", channel: null })}>
              <Plus />
              New channel
            </Button>
          )
        }
      >
        <Loaded query={query} label="Loading channels">
          {(channels) =>
            channels.length === 0 ? (
              <EmptyState icon={<Send />} title="Nobody is told yet">
                Add Slack, e-mail, a pager or a webhook. Until then, incidents are only to be seen here.
              </EmptyState>
            ) : (
              <Rows label="Channels">
                {channels.map((channel) => (
                  <ChannelRow key={channel.id} channel={channel} mayChange={refusal === null} onEdit={() => setDoing({ kind: "edit", channel })} onLog={() => setDoing({ kind: "log", channel })} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
      {doing?.kind === "edit" && (
        <ChannelDialog
          channel={doing.channel}
          onClose={() => setDoing(null)}
          onSaved={(saved) => {
            setDoing(null);
            if (saved.signing_secret !== null) setMade(saved);
          }}
        />
      )}
      <Dialog open={doing?.kind === "log"} onOpenChange={(open) => !open && setDoing(null)}>
        <SheetContent title={doing?.kind === "log" ? `Deliveries on ${doing.channel.name}` : "Deliveries"} side="right">
          {doing?.kind === "log" && <Deliveries channelId={doing.channel.id} />}
        </SheetContent>
      </Dialog>
      {made?.signing_secret != null && (
        <SecretDialog title={`“${made.name}” signs what it sends`} label="Signing secret" secret={made.signing_secret} onDone={() => setMade(null)}>
          Give it to the receiver, which checks X-Lynex-Signature with it. It is shown this once.
        </SecretDialog>
      )}
    </SettingsBody>
  );
}
