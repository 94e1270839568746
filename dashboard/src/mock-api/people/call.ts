/** A request to the mock, and how a route answers it. */
import type { Answer } from "../answer.ts";
import type { Household, Person } from "./household.ts";

export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  cookies: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Call extends Request {
  household: Household;
  /** Null for an API key. */
  person: Person | null;
  projectId: string;
  parts: readonly string[];
}

/** The path's variable parts stand as `*`. */
export type Route = readonly [method: string, path: string, answer: (call: Call) => Answer];

/** The parts that stand for `*`; null where the path is another one. */
export function matched(pattern: string, path: string): string[] | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  if (!wanted.every((part, index) => part === "*" || part === given[index])) return null;
  return given.filter((_, index) => wanted[index] === "*").map(decodeURIComponent);
}

export const text = (body: Record<string, unknown>, name: string): string => (typeof body[name] === "string" ? body[name] : "");
