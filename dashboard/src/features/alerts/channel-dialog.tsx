import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { previewTemplates, saveChannel } from "@/api/alert-endpoints";
import type { Channel, ChannelWish, NewChannel } from "@/api/alert-types";
import { useChange } from "@/api/use-change";
import { useLate } from "@/api/use-late";
import { Checkbox, FormDialog, SelectField, TextArea, TextField } from "@/ui/form";

import { addressOf, CHANNEL_KINDS, draftOf, wishOf, type ChannelDraft } from "./channel-draft";
import { MatchersField } from "./matchers-field";
import { CHANNELS } from "./queries";
import { SEVERITY_CHOICES } from "./words";

interface Part {
  draft: ChannelDraft;
  set: (over: Partial<ChannelDraft>) => void;
}

/** Makes a channel or changes one. */
export function ChannelDialog({ channel, onClose, onSaved }: { channel: Channel | null; onClose: () => void; onSaved: (saved: NewChannel) => void }) {
  const [draft, setDraft] = useState(() => draftOf(channel));
  const set = (over: Partial<ChannelDraft>) => setDraft({ ...draft, ...over });
  const wish = wishOf(draft, channel === null);
  const save = useChange((given: ChannelWish) => saveChannel(channel?.id ?? null, given), [[CHANNELS]], onSaved);
  return (
    <FormDialog title={channel === null ? "New channel" : `Change ${channel.name}`} open onOpenChange={onClose} action={channel === null ? "Make it" : "Save"} pending={save.isPending} error={save.error} disabled={wish === null} onSubmit={() => wish !== null && save.mutate(wish)}>
      <TextField label="Name" value={draft.name} onChange={(name) => set({ name })} required autoFocus maxLength={200} placeholder="On call" />
      {channel === null && <SelectField label="Kind" value={draft.kind} options={CHANNEL_KINDS} onChange={(kind) => set({ kind, apiUrl: addressOf(kind) })} />}
      <TargetFields draft={draft} set={set} isNew={channel === null} />
      <Checkbox label="Tell incidents here by themselves" hint="Off: only those of rules that name this channel." checked={draft.isForAll} onChange={(isForAll) => set({ isForAll })} />
      {draft.isForAll && (
        <>
          <SelectField label="From this severity up" value={draft.minSeverity} options={SEVERITY_CHOICES} onChange={(minSeverity) => set({ minSeverity })} />
          <MatchersField label="Only incidents for which all of these hold" value={draft.match} onChange={(match) => set({ match })} hint="Empty: all." />
        </>
      )}
      <Words draft={draft} set={set} />
      <Checkbox label="On" checked={draft.enabled} onChange={(enabled) => set({ enabled })} />
    </FormDialog>
  );
}

function TargetFields({ draft, set, isNew }: Part & { isNew: boolean }) {
  const kind = CHANNEL_KINDS.find((each) => each.value === draft.kind);
  const kept = isNew ? "Kept in the vault and never shown again." : "Empty: it stays as it is.";
  return (
    <>
      {draft.kind === "email" && <TextArea label="To" value={draft.to} onChange={(to) => set({ to })} required rows={2} placeholder="oncall@example.org" hint="Up to ten addresses." />}
      {kind?.secret != null && <TextField label={kind.secret} type="password" value={draft.secret} onChange={(secret) => set({ secret })} required={isNew && draft.kind !== "alertmanager"} autoComplete="off" hint={kept} />}
      {draft.kind === "slack_bot" && <TextField label="Slack channel" value={draft.slackChannel} onChange={(slackChannel) => set({ slackChannel })} required placeholder="#alerts" />}
      {kind?.address != null && <TextField label="Address of the service" value={draft.apiUrl} onChange={(apiUrl) => set({ apiUrl })} required placeholder="https://alertmanager.example.org" />}
      {draft.kind === "webhook" && !isNew && <Checkbox label="Make another signing secret" hint="The one before stops working at once." checked={draft.newSigningSecret} onChange={(newSigningSecret) => set({ newSigningSecret })} />}
    </>
  );
}

function Words({ draft, set }: Part) {
  const late = useLate({ title: draft.title, text: draft.text });
  const isOwn = late.title !== "" || late.text !== "";
  const preview = useQuery({ queryKey: ["alert-templates", late], queryFn: ({ signal }) => previewTemplates(late, signal), enabled: isOwn, placeholderData: (before) => before });
  return (
    <details className="text-sm" open={isOwn}>
      <summary className="font-medium text-muted">Words of your own</summary>
      <div className="mt-3 flex flex-col gap-4">
        <TextField label="Title" value={draft.title} onChange={(title) => set({ title })} placeholder="{severity}: {rule}" hint="Placeholders stand in braces. Empty: the usual words." />
        <TextArea label="Text" value={draft.text} onChange={(text) => set({ text })} rows={3} placeholder={"{summary}\n{url}"} />
        {isOwn && preview.error !== null && <p role="alert" className="text-sm text-bad">{preview.error.message}</p>}
        {isOwn && preview.data !== undefined && preview.error === null && (
          <div className="rounded-md border border-line bg-sunken p-3">
            <p className="font-medium">{preview.data.title}</p>
            <p className="whitespace-pre-wrap text-muted">{preview.data.text}</p>
            <p className="mt-2 text-xs text-faint">Placeholders: {Object.keys(preview.data.placeholders).map((name) => `{${name}}`).join(" ")}</p>
          </div>
        )}
      </div>
    </details>
  );
}
