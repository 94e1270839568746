import { useState } from "react";

import { TextArea } from "@/ui/form";

/** A list of short texts, one a line. What is being typed stays as typed; empty lines do not count. */
export function Lines({ label, hint, values, isReadOnly, onChange }: { label: string; hint: string; values: readonly string[]; isReadOnly: boolean; onChange: (values: string[]) => void }) {
  const [text, setText] = useState(values.join("\n"));
  const valuesOf = (typed: string) => typed.split("\n").map((line) => line.trim()).filter(Boolean);
  // Discarding a draft changes the values from outside.
  const isOutdated = JSON.stringify(valuesOf(text)) !== JSON.stringify(values);
  return (
    <TextArea
      label={label}
      hint={hint}
      rows={2}
      disabled={isReadOnly}
      value={isOutdated ? values.join("\n") : text}
      onChange={(typed) => {
        setText(typed);
        onChange(valuesOf(typed));
      }}
    />
  );
}
