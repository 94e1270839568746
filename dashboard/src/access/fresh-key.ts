/** An API key that was just made, for as long as the page lives: its secret is known nowhere else. */
import { useSyncExternalStore } from "react";

import { apiKey, onApiKeyChange } from "@/api/key";

let fresh: { projectId: string; secret: string } | null = null;
const listeners = new Set<() => void>();

export function keepFreshKey(projectId: string, secret: string): void {
  fresh = { projectId, secret };
  for (const listener of listeners) listener();
}

/** The key to fill into snippets: the one of this browser, or the one that was just made; null without either. */
export function useKnownKey(projectId: string | null): string | null {
  return useSyncExternalStore(subscribe, () => apiKey() ?? (fresh !== null && fresh.projectId === projectId ? fresh.secret : null));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const stop = onApiKeyChange(listener);
  return () => {
    listeners.delete(listener);
    stop();
  };
}
