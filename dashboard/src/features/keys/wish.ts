/** From what people choose to what the API takes. Pure. */
import { formatDay } from "@/format/until";
import type { Choice } from "@/ui/form";

export type Expiry = "keep" | "never" | "7" | "30" | "90" | "365";

const DAY_MS = 86_400_000;

export function expiryOptions(current: string | null): Choice<Expiry>[] {
  return [
    ...(current === null ? [] : [{ value: "keep" as const, label: `As it is: on ${formatDay(current)}` }]),
    { value: "never", label: "Never" },
    { value: "7", label: "In 7 days" },
    { value: "30", label: "In 30 days" },
    { value: "90", label: "In 90 days" },
    { value: "365", label: "In a year" },
  ];
}

/** When a key ends: null never, undefined as before. */
export function endOf(expiry: Expiry, now: Date): string | null | undefined {
  if (expiry === "keep") return undefined;
  return expiry === "never" ? null : new Date(now.getTime() + Number(expiry) * DAY_MS).toISOString();
}

/** Lines, or values between commas, without empty ones. */
export function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);
}
