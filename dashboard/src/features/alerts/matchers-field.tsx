import { TextArea } from "@/ui/form";

import { matchersOf } from "./words";

/** Conditions on labels, one a line. */
export function MatchersField({ label, value, onChange, hint }: { label: string; value: string; onChange: (value: string) => void; hint: string }) {
  return <TextArea label={label} value={value} onChange={onChange} rows={2} placeholder={"severity = warning\nmodel ~ gpt-*"} hint={hint} problem={matchersOf(value) === null ? "A label, then =, != or ~ (a pattern), then a value, one a line." : null} />;
}
