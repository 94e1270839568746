import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useRefusalOf } from "@/access/me";
import { fetchWouldBlock, KILL_SWITCHES, releaseKillSwitch } from "@/api/budget-endpoints";
import type { KillSwitch } from "@/api/control-types";
import { useChange } from "@/api/use-change";
import { formatFullTime, formatListTime } from "@/format/time";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Row } from "@/ui/settings";

import { Blocked } from "./blocked";
import { stateOf } from "./wish";

const REFRESH_MS = 5_000;

export function StopRow({ stop }: { stop: KillSwitch }) {
  const isAboutAll = stop.scope.project_id === null;
  const mayLook = useRefusalOf("kill_switch:read", isAboutAll) === null;
  const mayRelease = useRefusalOf("kill_switch:write", isAboutAll) === null;
  const [isOpen, setOpen] = useState(false);
  const release = useChange(() => releaseKillSwitch(stop.id), [[KILL_SWITCHES]]);
  const now = new Date();
  return (
    <Row
      actions={
        <>
          {mayLook && (
            <Button size="sm" look="ghost" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {isOpen ? "Hide calls" : stop.dry_run ? "What it would have stopped" : "Calls in spite of it"}
            </Button>
          )}
          {stop.active && mayRelease && (
            <Confirm
              trigger={
                <Button size="sm" disabled={release.isPending}>
                  {stop.dry_run ? "End dry run" : "Release"}
                </Button>
              }
              title={stop.dry_run ? "End this dry run?" : "Let these calls through again?"}
              text={stop.dry_run ? "It stops counting." : "Within a second they go through again everywhere."}
              action={stop.dry_run ? "End it" : "Release"}
              onConfirm={() => release.mutate()}
            />
          )}
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium">{stop.describes}</span>
        {stop.dry_run ? <Badge tone="info">dry run</Badge> : null}
        {stop.active ? <Badge tone={stop.dry_run ? "info" : "bad"}>active</Badge> : <Badge>over</Badge>}
      </div>
      <div className="mt-0.5 text-xs break-words text-muted">
        “{stop.reason}” · {stop.triggered_by}, <time dateTime={stop.triggered_at} title={formatFullTime(stop.triggered_at)}>{formatListTime(stop.triggered_at, now)}</time> · {stateOf(stop, now)}
      </div>
      {release.error !== null && <p role="alert" className="mt-1 text-xs text-bad">{release.error.message}</p>}
      {isOpen && <Recorded stop={stop} />}
    </Row>
  );
}

function Recorded({ stop }: { stop: KillSwitch }) {
  const query = useQuery({ queryKey: ["kill-would-block", stop.id], queryFn: ({ signal }) => fetchWouldBlock(stop.id, signal), refetchInterval: stop.active ? REFRESH_MS : false });
  if (query.error !== null) return <p role="alert" className="mt-2 text-xs text-bad">{query.error.message}</p>;
  if (query.data === undefined) return <p role="status" className="mt-2 text-xs text-muted">Counting…</p>;
  return (
    <div className="mt-2 max-w-lg rounded-md border border-line bg-sunken p-3">
      <Blocked would={query.data} lead={stop.dry_run ? "While it ran it would have stopped" : "While it held these came from callers that do not enforce:"} />
    </div>
  );
}
