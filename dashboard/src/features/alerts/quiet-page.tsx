import { useQuery } from "@tanstack/react-query";
import { BellOff, Moon, Plus } from "lucide-react";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import { endSilence, fetchMutes, fetchSilences, removeMute } from "@/api/alert-endpoints";
import type { Mute, Silence } from "@/api/alert-types";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm, RemoveButton } from "@/ui/dialog";
import { Loaded, ReadOnlyNote, Row, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { MUTES, REFRESH_MS, SILENCES } from "./queries";
import { MuteDialog, SilenceDialog } from "./quiet-dialogs";
import { matchersInWords } from "./words";

type Doing = { kind: "silence" } | { kind: "mute"; mute: Mute | null } | null;

/** What keeps alerts quiet: silences for now, mute schedules every week. */
export function QuietPage() {
  const refusal = useRefusal("alerts:write");
  const mayChange = refusal === null;
  const [doing, setDoing] = useState<Doing>(null);
  const silences = useQuery({ queryKey: [SILENCES], queryFn: ({ signal }) => fetchSilences(signal), refetchInterval: REFRESH_MS });
  const mutes = useQuery({ queryKey: [MUTES], queryFn: ({ signal }) => fetchMutes(signal), refetchInterval: REFRESH_MS });
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      <Section title="Silences" note="Incidents still open; nobody is told until the silence ends." actions={mayChange && <Add label="New silence" onClick={() => setDoing({ kind: "silence" })} />}>
        <Loaded query={silences} label="Loading silences">
          {(found) =>
            found.length === 0 ? (
              <EmptyState icon={<BellOff />} title="Nothing is silenced">
                Silence what you know of, such as a migration, so that people are only woken by what they do not.
              </EmptyState>
            ) : (
              <Rows label="Silences">
                {found.map((silence) => (
                  <SilenceRow key={silence.id} silence={silence} mayChange={mayChange} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
      <Section title="Mute schedules" note="Hours of every week in which nobody is told. What is still open afterwards is told then." actions={mayChange && <Add label="New schedule" onClick={() => setDoing({ kind: "mute", mute: null })} />}>
        <Loaded query={mutes} label="Loading mute schedules">
          {(found) =>
            found.length === 0 ? (
              <EmptyState icon={<Moon />} title="No schedule yet">
                For nights and weekends, for all that is not critical.
              </EmptyState>
            ) : (
              <Rows label="Mute schedules">
                {found.map((mute) => (
                  <MuteRow key={mute.id} mute={mute} mayChange={mayChange} onEdit={() => setDoing({ kind: "mute", mute })} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
      {doing?.kind === "silence" && <SilenceDialog onClose={() => setDoing(null)} />}
      {doing?.kind === "mute" && <MuteDialog mute={doing.mute} onClose={() => setDoing(null)} />}
    </SettingsBody>
  );
}

function Add({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button onClick={onClick}>
      <Plus className="text-faint" />
      {label}
    </Button>
  );
}

function SilenceRow({ silence, mayChange }: { silence: Silence; mayChange: boolean }) {
  const end = useChange(() => endSilence(silence.id), [[SILENCES]]);
  const now = new Date();
  return (
    <Row
      actions={
        mayChange && (
          <Confirm
            trigger={
              <Button size="sm" disabled={end.isPending}>
                End now
              </Button>
            }
            title="End this silence?"
            text="What it held back and is still open is told at once."
            action="End it"
            onConfirm={() => end.mutate()}
          />
        )
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{matchersInWords(silence.matchers)}</span>
        {silence.holds ? <Badge tone="violet">holds</Badge> : <Badge>later</Badge>}
      </div>
      <div className="mt-0.5 text-xs text-muted">
        “{silence.reason}” · {silence.created_by} · {formatListTime(silence.starts_at, now)} until {formatListTime(silence.until, now)}
      </div>
      {end.error !== null && <p role="alert" className="mt-1 text-xs text-bad">{end.error.message}</p>}
    </Row>
  );
}

function MuteRow({ mute, mayChange, onEdit }: { mute: Mute; mayChange: boolean; onEdit: () => void }) {
  const remove = useChange(() => removeMute(mute.id), [[MUTES]]);
  return (
    <Row
      actions={
        mayChange && (
          <>
            <Button size="sm" onClick={onEdit}>
              Edit
            </Button>
            <RemoveButton title={`Remove “${mute.name}”?`} text="From then on people are told at any hour." pending={remove.isPending} onRemove={() => remove.mutate()} />
          </>
        )
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{mute.name}</span>
        {mute.open && <Badge tone="violet">quiet now</Badge>}
      </div>
      <div className="mt-0.5 text-xs text-muted">
        {mute.windows.map((window) => `${window.days.join(" ")} ${window.start}–${window.end}`).join("; ")}, {mute.time_zone} · {matchersInWords(mute.matchers)}
      </div>
      {remove.error !== null && <p role="alert" className="mt-1 text-xs text-bad">{remove.error.message}</p>}
    </Row>
  );
}
