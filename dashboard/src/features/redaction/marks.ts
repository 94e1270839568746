/** Finds the marks that redaction left in a text, to show them. Pure. */
import type { RedactionSettings } from "@/api/types";

interface Piece {
  text: string;
  isMark: boolean;
}

/** The marks that built-in detectors and own patterns leave. */
export function marksOf(settings: RedactionSettings): string[] {
  return (settings.patterns ?? []).flatMap((pattern) => (pattern.replacement ? [pattern.replacement] : []));
}

/** "to [redacted:email] now" → three pieces, the middle one a mark. */
export function piecesOf(text: string, own: readonly string[]): Piece[] {
  const escaped = [...own].sort((a, b) => b.length - a.length).map((mark) => mark.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const mark = new RegExp(`(${["\\[redacted:[a-z0-9_-]+\\]", ...escaped].join("|")})`, "g");
  return text
    .split(mark)
    .map((piece, index) => ({ text: piece, isMark: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

/** What somebody typed as a sample: JSON where it is an object, else the text of an input. */
export function sampleOf(text: string): { input: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return { input: typeof value === "object" && value !== null ? value : text };
  } catch {
    return { input: text };
  }
}
