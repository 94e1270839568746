/** What is typed into fields. Pure. */

/** The lines that say something. */
export const linesOf = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

/** A number from 0 upwards; null for what is none. */
export const numberOf = (text: string): number | null => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null);
