import { useEffect, useEffectEvent } from "react";

type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Single-key shortcuts of a page. Silent while someone types, holds a modifier, or a dialog or menu is open. */
export function useKeys(keys: KeyMap): void {
  const press = useEffectEvent((event: KeyboardEvent) => keys[event.key]?.(event));
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable], [role=dialog], [role=menu]")) return;
      press(event);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
