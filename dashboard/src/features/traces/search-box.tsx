import { Search, X } from "lucide-react";
import { useRef, useState, type Ref } from "react";

import { Input, Kbd } from "@/ui/field";

const PAUSE_MS = 350;

/** Full-text search. What is typed goes to the URL when the typing pauses. */
export function SearchBox({ value, onSearch, inputRef }: { value: string; onSearch: (text: string) => void; inputRef: Ref<HTMLInputElement> }) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The URL changed from elsewhere (cleared, a link, back): follow it.
  if (value !== known) {
    setKnown(value);
    if (value !== typed.trim()) setTyped(value);
  }
  const search = (text: string, pauseMs: number) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(text.trim()), pauseMs);
  };
  return (
    <div role="search" className="relative w-full sm:w-72">
      <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-faint" />
      <Input
        ref={inputRef}
        aria-label="Search input and output"
        placeholder="Search input and output"
        className="h-8 pr-8 pl-8"
        value={typed}
        onChange={(event) => search(event.target.value, PAUSE_MS)}
        onKeyDown={(event) => {
          if (event.key === "Enter") search(typed, 0);
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      {typed === "" ? (
        <span aria-hidden className="absolute top-[7px] right-2 hidden sm:block">
          <Kbd>/</Kbd>
        </span>
      ) : (
        <button type="button" aria-label="Clear search" onClick={() => search("", 0)} className="absolute top-1 right-1 flex size-6 items-center justify-center rounded-sm text-faint hover:text-text">
          <X className="size-4" />
        </button>
      )}
    </div>
  );
}
