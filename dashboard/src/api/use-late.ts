import { useEffect, useState } from "react";

const PAUSE_MS = 350;

/** The value once it has stopped changing for a moment: what is asked as someone types. */
export function useLate<T>(value: T, pauseMs = PAUSE_MS): T {
  const [late, setLate] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(JSON.parse(text) as T), pauseMs);
    return () => clearTimeout(timer);
  }, [text, pauseMs]);
  return late;
}
