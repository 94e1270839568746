/** What the status dot says. */
import type { Status } from "@/api/types";
import { formatCount, plural } from "@/format/count";

export interface Health {
  level: "good" | "busy" | "bad" | "unknown";
  text: string;
}

/** Older than this, what was accepted is not yet visible: worth a word. */
const SLOW_AGE_S = 10;

export function healthOf(status: Status | undefined, failed: boolean): Health {
  if (failed) return { level: "bad", text: "The server does not answer" };
  if (status === undefined) return { level: "unknown", text: "Asking the server" };
  if (status.workers_alive === false) return { level: "bad", text: "Processing has stopped" };
  const { entries, oldest_age_s: age } = status.queue;
  if (entries > 0 && age > SLOW_AGE_S) return { level: "busy", text: `${formatCount(entries)} waiting, oldest ${Math.round(age)} s` };
  if (status.dead_letters > 0) return { level: "busy", text: plural(status.dead_letters, "dead letter") };
  return { level: "good", text: entries > 0 ? `${formatCount(entries)} in the queue` : "All caught up" };
}
