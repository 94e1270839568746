/** The API key this browser uses: read once from the start-up link (`/#key=lx_…`), kept in local storage. */

const STORAGE_NAME = "lynex.key";
const listeners = new Set<() => void>();
let current: string | null | undefined;

export function apiKey(): string | null {
  if (current === undefined) current = stored();
  return current;
}

export function setApiKey(key: string | null): void {
  current = key;
  try {
    if (key === null) localStorage.removeItem(STORAGE_NAME);
    else localStorage.setItem(STORAGE_NAME, key);
  } catch {
    // Storage is off: the key lives as long as the page.
  }
  for (const listener of listeners) listener();
}

/** For useSyncExternalStore. */
export function onApiKeyChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The key in a URL fragment: "#key=lx_abc" → "lx_abc". */
export function keyOfFragment(fragment: string): string | null {
  const key = new URLSearchParams(fragment.replace(/^#/, "")).get("key")?.trim();
  return key ? key : null;
}

/** Takes the key out of the address bar, so that it is neither bookmarked nor shown to whoever looks on. */
export function adoptKeyFromLocation(): void {
  const key = keyOfFragment(window.location.hash);
  if (key === null) return;
  setApiKey(key);
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORAGE_NAME);
  } catch {
    return null;
  }
}
