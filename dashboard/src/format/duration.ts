/** Durations for people: 0.4 ms · 42 ms · 1.24 s · 2 m 05 s · 3 h 12 m. Null is "–". */
export function formatMs(ms: number | null | undefined): string {
  if (ms == null || !Number.isFinite(ms)) return "–";
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${ms < 0.01 ? "<0.01" : ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 59.95) return `${s.toFixed(s < 10 ? 2 : 1)} s`;
  return formatLong(Math.round(s));
}

/** For axes: 0 · 50 ms · 2.5 s · 1.5 m · 2 h. */
export function formatMsShort(ms: number): string {
  const short = (value: number) => String(Number(value.toPrecision(2)));
  if (ms === 0) return "0";
  if (ms < 1000) return `${short(ms)} ms`;
  if (ms < 60_000) return `${short(ms / 1000)} s`;
  return ms < 3_600_000 ? `${short(ms / 60_000)} m` : `${short(ms / 3_600_000)} h`;
}

function formatLong(s: number): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)} m ${pad(s % 60)} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${pad(Math.floor((s % 3600) / 60))} m`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** An age in one unit: "just now", "42 s ago", "5 min ago", "3 h ago", "2 d ago". */
export function formatAge(from: Date, now: Date): string {
  const s = Math.max(0, (now.getTime() - from.getTime()) / 1000);
  if (s < 5) return "just now";
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}
