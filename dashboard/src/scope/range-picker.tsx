import { CalendarRange, Check, ChevronDown } from "lucide-react";
import { useState, type FormEvent } from "react";

import { formatInterval } from "@/format/time";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Input } from "@/ui/field";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";

import { DEFAULT_RANGE, RANGES, rangeLabel, type Scope } from "./scope";

/** Picks a rolling range or a fixed time. */
export function RangePicker({ scope, onChange }: { scope: Scope; onChange: (scope: Scope) => void }) {
  const [open, setOpen] = useState(false);
  const { range, from, to, ...filters } = scope;
  const label = from === undefined ? rangeLabel(scope) : formatInterval(from, to ?? new Date().toISOString());
  const pick = (time: Pick<Scope, "range" | "from" | "to">) => {
    onChange({ ...filters, ...time });
    setOpen(false);
  };
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button aria-label={`Time range: ${label}`}>
          <CalendarRange className="text-faint" />
          {label}
          <ChevronDown className="text-faint" />
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="w-60 p-1" aria-label="Time range">
        <ul>
          {RANGES.map((one) => {
            const isOn = from === undefined && (range ?? DEFAULT_RANGE) === one.value;
            return (
              <li key={one.value}>
                <button
                  type="button"
                  aria-pressed={isOn}
                  className={cn("flex h-8 w-full items-center rounded-sm px-2 text-left hover:bg-hover", isOn && "font-medium")}
                  onClick={() => pick(one.value === DEFAULT_RANGE ? {} : { range: one.value })}
                >
                  {one.label}
                  {isOn && <Check className="ml-auto size-4 text-accent-text" />}
                </button>
              </li>
            );
          })}
        </ul>
        <CustomRange from={from} to={to} onPick={pick} />
      </PopoverContent>
    </Popover>
  );
}

function CustomRange({ from, to, onPick }: { from?: string | undefined; to?: string | undefined; onPick: (time: { from: string; to?: string }) => void }) {
  const [error, setError] = useState("");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const start = new Date(String(fields.get("from")));
    const endText = String(fields.get("to"));
    const end = endText ? new Date(endText) : null;
    if (Number.isNaN(start.getTime())) setError("Say when it starts.");
    else if (end !== null && end <= start) setError("The end must be after the start.");
    else onPick(end === null ? { from: start.toISOString() } : { from: start.toISOString(), to: end.toISOString() });
  };
  return (
    <form onSubmit={submit} className="mt-1 flex flex-col gap-2 border-t border-line p-2 pt-2.5" noValidate>
      <label className="flex flex-col gap-1 text-xs text-muted">
        From
        <Input type="datetime-local" name="from" defaultValue={localInput(from)} />
      </label>
      <label className="flex flex-col gap-1 text-xs text-muted">
        To (empty: now)
        <Input type="datetime-local" name="to" defaultValue={localInput(to)} />
      </label>
      {error && (
        <p role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
      <Button type="submit" size="sm" look="primary">
        Show this time
      </Button>
    </form>
  );
}

/** ISO in UTC to what a datetime-local field holds: local time, no zone. */
function localInput(iso: string | undefined): string {
  if (iso === undefined) return "";
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
