/** Limits as people read and type them. Pure. */
import type { Limits, LoweredLimits } from "@/api/types";
import { formatBytes } from "@/format/count";

type LimitName = keyof Limits;

export const LIMITS: readonly { name: LimitName; label: string; meaning: string; unit: string }[] = [
  { name: "requests_per_s", label: "Requests per second", meaning: "On average.", unit: "/s" },
  { name: "burst", label: "Burst", meaning: "Requests at once, before the average counts.", unit: "" },
  { name: "bytes_per_s", label: "Bytes per second", meaning: "Of bodies as sent, on average.", unit: "/s" },
  { name: "max_body_bytes", label: "Largest body", meaning: "Of one request as sent, in bytes.", unit: "" },
];

export function formatLimit(name: LimitName, value: number): string {
  const unit = LIMITS.find((each) => each.name === name)?.unit ?? "";
  return (name === "bytes_per_s" || name === "max_body_bytes" ? formatBytes(value) : value.toLocaleString("en-US")) + unit;
}

export type Typed = Record<LimitName, string>;

export function typedOf(lowered: LoweredLimits): Typed {
  const text = (value: number | null | undefined) => (value == null ? "" : String(value));
  return { requests_per_s: text(lowered.requests_per_s), burst: text(lowered.burst), bytes_per_s: text(lowered.bytes_per_s), max_body_bytes: text(lowered.max_body_bytes) };
}

/** What was typed as the API takes it; empty means as the plan has it. Null where something is no number. */
export function loweredOf(typed: Typed): LoweredLimits | null {
  const entries = LIMITS.map(({ name }) => {
    const text = typed[name].replaceAll(/[\s,_]/g, "");
    return [name, text === "" ? null : Number(text)] as const;
  });
  const fits = entries.every(([name, value]) => value === null || (value > 0 && Number.isFinite(value) && (name === "requests_per_s" || Number.isInteger(value))));
  return fits ? (Object.fromEntries(entries) as LoweredLimits) : null;
}
