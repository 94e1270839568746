import { useState } from "react";

import { createSilence, saveMute } from "@/api/alert-endpoints";
import type { Mute, MuteWish } from "@/api/alert-types";
import { useChange } from "@/api/use-change";
import { Suggesting } from "@/scope/call-scope-fields";
import { Checkbox, FormDialog, SelectField, TextField } from "@/ui/form";

import { MatchersField } from "./matchers-field";
import { INCIDENTS, MUTES, SILENCES } from "./queries";
import { matchersOf, matchersText } from "./words";

const SPANS = [
  { value: "30", label: "30 minutes" },
  { value: "120", label: "2 hours" },
  { value: "480", label: "8 hours" },
  { value: "1440", label: "1 day" },
  { value: "10080", label: "7 days" },
] as const;

export function SilenceDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [minutes, setMinutes] = useState<(typeof SPANS)[number]["value"]>("120");
  const [reason, setReason] = useState("");
  const matchers = matchersOf(text);
  const save = useChange(() => createSilence({ matchers: matchers ?? [], minutes: Number(minutes), reason: reason.trim() }), [[SILENCES], [INCIDENTS]], onClose);
  return (
    <FormDialog title="New silence" open onOpenChange={onClose} action="Silence" pending={save.isPending} error={save.error} disabled={matchers === null || reason.trim() === ""} onSubmit={() => save.mutate()}>
      <MatchersField label="Incidents for which all of these hold" value={text} onChange={setText} hint="Labels are severity, rule, metric, group, and those of the rule. Empty: everything." />
      <SelectField label="For" value={minutes} options={SPANS} onChange={setMinutes} />
      <TextField label="Reason" value={reason} onChange={setReason} required maxLength={1000} placeholder="migration under way" />
    </FormDialog>
  );
}

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const ZONES = Intl.supportedValuesOf("timeZone");

/** One window of the week is edited here; a schedule that was made with more keeps the others. */
export function MuteDialog({ mute, onClose }: { mute: Mute | null; onClose: () => void }) {
  const [first, ...others] = mute?.windows ?? [];
  const [name, setName] = useState(mute?.name ?? "");
  const [zone, setZone] = useState(mute?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [window, setWindow] = useState<MuteWish["windows"][number]>(first ?? { days: ["mon", "tue", "wed", "thu", "fri"], start: "22:00", end: "07:00" });
  const [text, setText] = useState(mute === null ? "severity != critical" : matchersText(mute.matchers));
  const matchers = matchersOf(text);
  const save = useChange(() => saveMute(mute?.id ?? null, { name: name.trim(), time_zone: zone, windows: [window, ...others], matchers: matchers ?? [] }), [[MUTES]], onClose);
  return (
    <FormDialog title={mute === null ? "New mute schedule" : "Change a mute schedule"} open onOpenChange={onClose} action="Save" pending={save.isPending} error={save.error} disabled={matchers === null || name.trim() === "" || window.days.length === 0} onSubmit={() => save.mutate()}>
      <TextField label="Name" value={name} onChange={setName} required autoFocus maxLength={200} placeholder="Nights" />
      <fieldset>
        <legend className="mb-2 text-sm font-medium">On</legend>
        <div className="flex flex-wrap gap-x-4 gap-y-2">
          {DAYS.map((day) => (
            <Checkbox key={day} label={day} checked={window.days.includes(day)} onChange={(isOn) => setWindow({ ...window, days: DAYS.filter((each) => (each === day ? isOn : window.days.includes(each))) })} />
          ))}
        </div>
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField label="From" type="time" value={window.start} onChange={(start) => setWindow({ ...window, start })} required />
        <TextField label="Until" type="time" value={window.end} onChange={(end) => setWindow({ ...window, end })} required />
        <Suggesting label="Time zone" value={zone} onChange={setZone} values={ZONES} required />
      </div>
      {others.length > 0 && <p className="text-xs text-muted">Its further windows stay: {others.map((each) => `${each.days.join(" ")} ${each.start}–${each.end}`).join("; ")}.</p>}
      <MatchersField label="For incidents for which all of these hold" value={text} onChange={setText} hint="Empty: everything." />
    </FormDialog>
  );
}
