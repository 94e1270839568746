import { useQuery } from "@tanstack/react-query";
import { Newspaper, Plus } from "lucide-react";
import { useState } from "react";

import { useMe, useRefusal } from "@/access/me";
import { organisationRole } from "@/access/may";
import { fetchDigestPreview, fetchDigests, removeDigest, saveDigest } from "@/api/alert-endpoints";
import type { Digest, DigestWish } from "@/api/alert-types";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { Suggesting } from "@/scope/call-scope-fields";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog, RemoveButton, SheetContent } from "@/ui/dialog";
import { Checkbox, FormDialog, SelectField, TextField } from "@/ui/form";
import { Loaded, ReadOnlyNote, Row, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { DIGESTS, useChannels } from "./queries";

const ZONES = Intl.supportedValuesOf("timeZone");
/** Only these can carry a digest. */
const CARRIERS = ["email", "slack_webhook", "slack_bot"];

type Doing = { kind: "edit"; digest: Digest | null } | { kind: "read"; digest: Digest } | null;

/** What was spent, told every day or week. */
export function DigestsPage() {
  const refusal = useRefusal("alerts:write");
  const query = useQuery({ queryKey: [DIGESTS], queryFn: ({ signal }) => fetchDigests(signal) });
  const [doing, setDoing] = useState<Doing>(null);
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      <Section
        title="Cost digests"
        note="What was spent, by mail or Slack, with a chart."
        actions={
          refusal === null && (
            <Button look="primary" onClick={() => setDoing({ kind: "edit", digest: null })}>
              <Plus />
              New digest
            </Button>
          )
        }
      >
        <Loaded query={query} label="Loading digests">
          {(digests) =>
            digests.length === 0 ? (
              <EmptyState icon={<Newspaper />} title="No digest yet">
                One a week is enough for most people to never be surprised by an invoice.
              </EmptyState>
            ) : (
              <Rows label="Cost digests">
                {digests.map((digest) => (
                  <DigestRow key={digest.id} digest={digest} mayChange={refusal === null} onEdit={() => setDoing({ kind: "edit", digest })} onRead={() => setDoing({ kind: "read", digest })} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
      {doing?.kind === "edit" && <DigestDialog digest={doing.digest} onClose={() => setDoing(null)} />}
      <Dialog open={doing?.kind === "read"} onOpenChange={(open) => !open && setDoing(null)}>
        <SheetContent title="The newest edition" side="right">
          {doing?.kind === "read" && <Edition id={doing.digest.id} />}
        </SheetContent>
      </Dialog>
    </SettingsBody>
  );
}

function DigestRow({ digest, mayChange, onEdit, onRead }: { digest: Digest; mayChange: boolean; onEdit: () => void; onRead: () => void }) {
  const remove = useChange(() => removeDigest(digest.id), [[DIGESTS]]);
  const channels = useChannels().data ?? [];
  const names = digest.channel_ids.map((id) => channels.find((channel) => channel.id === id)?.name ?? "a removed channel");
  return (
    <Row
      actions={
        <>
          <Button size="sm" look="ghost" onClick={onRead}>
            Read
          </Button>
          {mayChange && (
            <>
              <Button size="sm" onClick={onEdit}>
                Edit
              </Button>
              <RemoveButton title={`Remove “${digest.name}”?`} text="It is not sent any more." pending={remove.isPending} onRemove={() => remove.mutate()} />
            </>
          )}
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-1.5">
        <span className="font-medium">{digest.name}</span>
        {!digest.enabled && <Badge>off</Badge>}
        {digest.whole_organisation && <Badge tone="info">every project</Badge>}
      </div>
      <div className="mt-0.5 text-xs text-muted">
        {digest.period === "daily" ? "Each day" : "Each Monday"} at {String(digest.hour).padStart(2, "0")}:00, {digest.time_zone} · {names.length === 0 ? "told nowhere yet" : `on ${names.join(", ")}`} · newest edition {formatListTime(digest.latest_due_at, new Date())}
      </div>
      {remove.error !== null && <p role="alert" className="mt-1 text-xs text-bad">{remove.error.message}</p>}
    </Row>
  );
}

function Edition({ id }: { id: string }) {
  const query = useQuery({ queryKey: [DIGESTS, "edition", id], queryFn: ({ signal }) => fetchDigestPreview(id, signal) });
  return (
    <div className="min-h-0 flex-1 overflow-y-auto p-4">
      <Loaded query={query} label="Loading the edition">
        {({ title, text }) => (
          <>
            <h3 className="text-base font-semibold">{title}</h3>
            <pre tabIndex={0} className="mt-3 overflow-x-auto font-mono text-xs leading-5 whitespace-pre-wrap">{text}</pre>
          </>
        )}
      </Loaded>
    </div>
  );
}

function DigestDialog({ digest, onClose }: { digest: Digest | null; onClose: () => void }) {
  const me = useMe().data;
  const channels = (useChannels().data ?? []).filter((channel) => CARRIERS.includes(channel.kind));
  const [wish, setWish] = useState<DigestWish>(() => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const { name = "", enabled = true, period = "weekly", time_zone = zone, hour = 8, whole_organisation = false, channel_ids = [] } = digest ?? {};
    return { name, enabled, period, time_zone, hour, whole_organisation, channel_ids };
  });
  const set = (over: Partial<DigestWish>) => setWish({ ...wish, ...over });
  const save = useChange(() => saveDigest(digest?.id ?? null, { ...wish, name: wish.name.trim() }), [[DIGESTS]], onClose);
  const mayReachAll = me?.kind === "user" && me.organisation_id !== null && organisationRole(me, me.organisation_id) !== null;
  return (
    <FormDialog title={digest === null ? "New cost digest" : `Change ${digest.name}`} open onOpenChange={onClose} action="Save" pending={save.isPending} error={save.error} disabled={wish.name.trim() === ""} onSubmit={() => save.mutate()}>
      <TextField label="Name" value={wish.name} onChange={(name) => set({ name })} required autoFocus maxLength={200} placeholder="Spend of the week" />
      <div className="grid gap-4 sm:grid-cols-3">
        <SelectField label="Sent" value={wish.period} options={[{ value: "daily", label: "each day" }, { value: "weekly", label: "each Monday" }]} onChange={(period) => set({ period })} />
        <SelectField label="At" value={String(wish.hour)} options={Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: `${String(hour).padStart(2, "0")}:00` }))} onChange={(hour) => set({ hour: Number(hour) })} />
        <Suggesting label="Time zone" value={wish.time_zone} onChange={(time_zone) => set({ time_zone })} values={ZONES} required />
      </div>
      {(mayReachAll || wish.whole_organisation) && <Checkbox label="Every project of the organisation" checked={wish.whole_organisation} onChange={(whole_organisation) => set({ whole_organisation })} />}
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 text-sm font-medium">Told on</legend>
        {channels.length === 0 && <p className="text-sm text-muted">Make an e-mail or Slack channel first.</p>}
        {channels.map((channel) => (
          <Checkbox key={channel.id} label={channel.name} checked={wish.channel_ids.includes(channel.id)} onChange={(isOn) => set({ channel_ids: isOn ? [...wish.channel_ids, channel.id] : wish.channel_ids.filter((each) => each !== channel.id) })} />
        ))}
      </fieldset>
      <Checkbox label="On" checked={wish.enabled} onChange={(enabled) => set({ enabled })} />
    </FormDialog>
  );
}
