/** Points in time, in the reader's own time zone. */

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clockMinutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  timeZoneName: "short",
});

/** For lists: the clock today, the day and the clock before. */
export function formatListTime(iso: string, now: Date): string {
  const at = new Date(iso);
  return at.toDateString() === now.toDateString() ? clock.format(at) : `${day.format(at)}, ${clockMinutes.format(at)}`;
}

export function formatFullTime(iso: string): string {
  return full.format(new Date(iso));
}

/** A tick of a time axis: the clock within a day and a half, the day beyond. */
export function formatTick(at: Date, spanMs: number): string {
  const aDayAndAHalf = 36 * 3600_000;
  const threeDays = 72 * 3600_000;
  if (spanMs <= aDayAndAHalf) return clockMinutes.format(at);
  if (spanMs <= threeDays) return `${day.format(at)} ${clockMinutes.format(at)}`;
  return day.format(at);
}

export function formatPoint(at: Date): string {
  return `${day.format(at)}, ${clockMinutes.format(at)}`;
}

export function formatInterval(from: string, to: string): string {
  return `${formatPoint(new Date(from))} – ${formatPoint(new Date(to))}`;
}
