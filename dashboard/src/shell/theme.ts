/** Light, dark, or what the system says. public/theme.js applies the same before the first paint. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const STORAGE_NAME = "lynex.theme";
const listeners = new Set<() => void>();
const systemIsDark = () => window.matchMedia("(prefers-color-scheme: dark)");

export function theme(): Theme {
  try {
    const stored = localStorage.getItem(STORAGE_NAME);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

export function setTheme(next: Theme): void {
  try {
    localStorage.setItem(STORAGE_NAME, next);
  } catch {
    // Storage is off: the choice holds until the page is left.
  }
  apply(next);
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, theme);
}

/** Follows the system while it is asked to. Call once. */
export function followSystemTheme(): void {
  systemIsDark().addEventListener("change", () => apply(theme()));
}

function apply(wanted: Theme): void {
  const dark = wanted === "dark" || (wanted === "system" && systemIsDark().matches);
  document.documentElement.classList.toggle("dark", dark);
}
