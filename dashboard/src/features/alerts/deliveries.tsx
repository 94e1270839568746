import { useInfiniteQuery } from "@tanstack/react-query";

import { fetchDeliveries } from "@/api/alert-endpoints";
import type { Delivery } from "@/api/alert-types";
import { plural } from "@/format/count";
import { formatListTime } from "@/format/time";
import { Badge, type Tone } from "@/ui/badge";
import { LoadMore, Loaded, Nothing } from "@/ui/settings";

import { CHANNELS } from "./queries";

const PHASES: Record<Delivery["phase"], { label: string; tone: Tone }> = {
  waiting: { label: "will be tried again", tone: "warn" },
  sent: { label: "got through", tone: "good" },
  dead: { label: "given up", tone: "bad" },
};

/** What was told on a channel, and what the other side answered. */
export function Deliveries({ channelId }: { channelId: string }) {
  const query = useInfiniteQuery({
    queryKey: [CHANNELS, "log", channelId],
    queryFn: ({ pageParam, signal }) => fetchDeliveries(channelId, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: 5_000,
  });
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <Loaded query={query} label="Loading deliveries">
        {({ pages }) => {
          const deliveries = pages.flatMap((page) => page.items);
          if (deliveries.length === 0) return <Nothing>Nothing was told on it yet.</Nothing>;
          return (
            <ul aria-label="Deliveries" className="divide-y divide-line">
              {deliveries.map((each) => (
                <li key={each.id} className="px-4 py-2.5 text-sm">
                  <div className="flex flex-wrap items-center gap-2">
                    <Badge tone={PHASES[each.phase].tone}>{PHASES[each.phase].label}</Badge>
                    <span className="font-medium">{each.reason}</span>
                    {each.target !== "" && <span className="text-muted">{each.target}</span>}
                    <span className="ml-auto text-xs text-muted">{formatListTime(each.created_at, new Date())}</span>
                  </div>
                  <p className="mt-0.5 text-xs break-words text-muted">
                    {plural(each.attempts, "attempt")}
                    {each.status !== null && `, status ${each.status}`}
                    {each.excerpt !== "" && `: ${each.excerpt}`}
                    {each.next_attempt_at !== null && each.phase === "waiting" && `. Next ${formatListTime(each.next_attempt_at, new Date())}`}
                  </p>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
      <LoadMore query={query} className="p-3" />
    </div>
  );
}
