import { removeChannel, testChannel } from "@/api/alert-endpoints";
import type { Channel } from "@/api/alert-types";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { RemoveButton } from "@/ui/dialog";
import { Row } from "@/ui/settings";

import { CHANNEL_KINDS } from "./channel-draft";
import { CHANNELS } from "./queries";
import { matchersInWords } from "./words";

export function ChannelRow({ channel, mayChange, onEdit, onLog }: { channel: Channel; mayChange: boolean; onEdit: () => void; onLog: () => void }) {
  const test = useChange(() => testChannel(channel.id), [[CHANNELS]]);
  const remove = useChange(() => removeChannel(channel.id), [[CHANNELS]]);
  const failed = test.data?.find((delivery) => delivery.phase !== "sent");
  const now = new Date();
  const told = channel.match === null ? "Only what names it" : `${matchersInWords(channel.match)}, from ${channel.min_severity} up`;
  return (
    <Row
      actions={
        <>
          {mayChange && (
            <Button size="sm" disabled={test.isPending} onClick={() => test.mutate()}>
              {test.isPending ? "Trying…" : "Test"}
            </Button>
          )}
          <Button size="sm" look="ghost" onClick={onLog}>
            Deliveries
          </Button>
          {mayChange && (
            <>
              <Button size="sm" onClick={onEdit}>
                Edit
              </Button>
              <RemoveButton title={`Remove “${channel.name}”?`} text="Nobody is told on it any more." pending={remove.isPending} onRemove={() => remove.mutate()} />
            </>
          )}
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-1.5">
        <span className="font-medium">{channel.name}</span>
        <Badge>{CHANNEL_KINDS.find((each) => each.value === channel.kind)?.label ?? channel.kind}</Badge>
        {!channel.enabled && <Badge>off</Badge>}
        {channel.failing_since !== null && <Badge tone="bad">fails</Badge>}
      </div>
      <div className="mt-0.5 text-xs break-words text-muted">
        {Object.values(channel.settings).flat().join(", ")} · {told}
        {channel.last_delivered_at !== null && ` · last got through ${formatListTime(channel.last_delivered_at, now)}`}
      </div>
      {channel.failing_since !== null && (
        <p className="mt-0.5 text-xs text-bad">
          Nothing gets through since {formatListTime(channel.failing_since, now)}: {channel.last_error}
        </p>
      )}
      {test.data !== undefined && (
        <p role="status" className={`mt-1 text-xs ${failed === undefined ? "text-good" : "text-bad"}`}>
          {failed === undefined ? "The test message got through." : `The test message did not get through: ${failed.excerpt || `status ${failed.status ?? "unknown"}`}`}
        </p>
      )}
      {(test.error ?? remove.error) !== null && <p role="alert" className="mt-1 text-xs text-bad">{(test.error ?? remove.error)?.message}</p>}
    </Row>
  );
}
