/** What is wrong with an input, for people: the server names it as programs do. Pure. */
import type { Problem } from "./types";

type Fault = NonNullable<Problem["faults"]>[number];

/** The first of them: [{field: "body.blocked_input.1", reason: "no expression"}] → "blocked input 2: no expression". */
export function faultInWords(faults: readonly Fault[] | null | undefined): string | null {
  const first = faults?.[0];
  if (first === undefined) return null;
  const where = fieldInWords(first.field);
  return where === "" ? first.reason : `${where}: ${first.reason}`;
}

function fieldInWords(field: string): string {
  const [place, ...path] = field.split(".");
  const parts = place === "body" || place === "query" || place === "path" ? path : [place ?? "", ...path];
  return parts.map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part.replaceAll("_", " ").replace(/\burl\b/, "URL"))).join(" ");
}
