import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { OctagonX } from "lucide-react";

import { useMe, useRefusalOf } from "@/access/me";
import { fetchKillSwitches, KILL_SWITCHES, releaseKillSwitch } from "@/api/budget-endpoints";
import type { KillSwitch } from "@/api/control-types";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";

const REFRESH_MS = 4_000;

/** While a kill switch holds: on every page, what is stopped, since when, by whom and until when. */
export function KillBanner() {
  const me = useMe().data;
  const mayRead = me !== undefined && me.project_id !== null && me.permissions.includes("kill_switch:read");
  const query = useQuery({
    queryKey: [KILL_SWITCHES, "active", me?.project_id],
    queryFn: ({ signal }) => fetchKillSwitches(true, signal),
    refetchInterval: REFRESH_MS,
    enabled: mayRead,
  });
  const stops = (query.data ?? []).filter((each) => !each.dry_run);
  if (stops.length === 0) return null;
  return (
    <div role="alert" aria-label="Kill switch" className="max-h-[40vh] shrink-0 overflow-y-auto border-b border-bad/40 bg-bad-soft">
      <ul className="divide-y divide-bad/20">
        {stops.map((each) => (
          <Stop key={each.id} stop={each} />
        ))}
      </ul>
    </div>
  );
}

function Stop({ stop }: { stop: KillSwitch }) {
  const refusal = useRefusalOf("kill_switch:write", stop.scope.project_id === null);
  const release = useChange(() => releaseKillSwitch(stop.id), [[KILL_SWITCHES]]);
  const now = new Date();
  const until = stop.until === null ? "until somebody releases it" : `until ${formatListTime(stop.until, now)}`;
  return (
    <li className="flex items-start gap-3 px-4 py-2 text-sm text-bad md:px-6">
      <OctagonX aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">
          <Link {...paths.killSwitch()} className="underline-offset-2 hover:underline">
            {stop.describes}
          </Link>
        </p>
        <p className="text-xs break-words">
          “{stop.reason}” · since {formatListTime(stop.triggered_at, now)} by {stop.triggered_by} · {until}
        </p>
        {release.error !== null && <p className="text-xs font-medium">{release.error.message}</p>}
      </div>
      {refusal === null && (
        <Confirm
          trigger={
            <Button size="sm" look="danger" disabled={release.isPending}>
              Release
            </Button>
          }
          title="Let these calls through again?"
          text={`${stop.describes}, because of “${stop.reason}”. Within a second the calls go through again everywhere.`}
          action="Release"
          onConfirm={() => release.mutate()}
        />
      )}
    </li>
  );
}
