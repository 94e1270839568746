/** What a link carries behind its #: keys, tokens, codes. Taken out of the address at once, so that it is neither
 *  bookmarked nor shown to whoever looks on. */

type Carried = "token" | "problem" | "code";
const NAMES: readonly Carried[] = ["token", "problem", "code"];

const listeners = new Set<() => void>();
let carried: Partial<Record<Carried, string>> = {};

/** "#token=abc" → {token: "abc"}. */
function carriedBy(fragment: string): Partial<Record<Carried, string>> {
  const values = new URLSearchParams(fragment.replace(/^#/, ""));
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = values.get(name)?.trim();
      return value ? [[name, value]] : [];
    }),
  );
}

/** Takes it from the address bar. Call at the start and whenever the fragment changes. */
export function adoptFragment(): void {
  const found = carriedBy(window.location.hash);
  if (Object.keys(found).length === 0) return;
  carried = found;
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  for (const listener of listeners) listener();
}

export const carriedValue = (name: Carried): string | null => carried[name] ?? null;

/** It has done its work. */
export function dropCarried(): void {
  carried = {};
  for (const listener of listeners) listener();
}

/** For useSyncExternalStore. */
export function onCarriedChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
