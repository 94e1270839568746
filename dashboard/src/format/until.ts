/** How far away a point in time is, either way. */

const UNITS: readonly [string, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "in 3 days", "2 hours ago", "just now". */
export function formatDistance(iso: string, now: Date): string {
  const seconds = Math.round((new Date(iso).getTime() - now.getTime()) / 1000);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(Math.abs(seconds) / length);
    if (count === 0) continue;
    const text = `${count} ${unit}${count === 1 ? "" : "s"}`;
    return seconds > 0 ? `in ${text}` : `${text} ago`;
  }
  return seconds > 0 ? "in less than a minute" : "just now";
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** "21 Nov 2026", in the reader's own time zone. */
export const formatDay = (iso: string): string => day.format(new Date(iso));
