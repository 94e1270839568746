import { Plus, Trash2 } from "lucide-react";

import type { OwnPattern, RedactionSettings } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { Checkbox, TextField } from "@/ui/form";
import { Nothing, Section } from "@/ui/settings";

import { Lines } from "./lines";

type Detector = RedactionSettings["detectors"][number];

const DETECTORS: readonly { name: Detector; label: string; meaning: string }[] = [
  { name: "secrets", label: "Secrets", meaning: "API keys, tokens, private keys, passwords in URLs." },
  { name: "emails", label: "E-mail addresses", meaning: "jane@example.com" },
  { name: "cards", label: "Card numbers", meaning: "Those whose check digit is right." },
  { name: "phones", label: "Phone numbers", meaning: "8 to 15 digits as people write them." },
];

interface Props {
  settings: RedactionSettings;
  isReadOnly: boolean;
  onChange: (settings: RedactionSettings) => void;
}

/** Everything that can be set, as a draft. */
export function RulesForm({ settings, isReadOnly, onChange }: Props) {
  const set = (part: Partial<RedactionSettings>) => onChange({ ...settings, ...part });
  const toggle = (name: Detector, isOn: boolean) => set({ detectors: DETECTORS.map((each) => each.name).filter((each) => (each === name ? isOn : settings.detectors.includes(each))) });
  const stores = settings.store_content;
  return (
    <>
      <Section title="Built-in detectors" note="They search every text. Values of keys such as password and authorization are removed always.">
        <div className="grid gap-3 p-4 sm:grid-cols-2">
          {DETECTORS.map(({ name, label, meaning }) => (
            <Checkbox key={name} label={label} hint={meaning} checked={settings.detectors.includes(name)} disabled={isReadOnly} onChange={(isOn) => toggle(name, isOn)} />
          ))}
        </div>
      </Section>
      <Section title="Content" note="Counts, models and cost are kept in any case.">
        <div className="flex flex-col gap-4 p-4">
          <Checkbox label="Store no content" hint="No input, output, error message or text of an attribute is kept." checked={!stores} disabled={isReadOnly} onChange={(isOn) => set({ store_content: !isOn })} />
          {stores && (
            <Lines label="Store no content of these environments" hint="One a line, such as production." values={settings.no_content_environments} isReadOnly={isReadOnly} onChange={(no_content_environments) => set({ no_content_environments })} />
          )}
        </div>
      </Section>
      <Section title="Fields and paths" note="Their values are replaced by [redacted:field].">
        <div className="flex flex-col gap-4 p-4">
          <Lines label="Keys" hint="Of metadata and attributes: full keys or last parts, such as x-tenant." values={settings.fields} isReadOnly={isReadOnly} onChange={(fields) => set({ fields })} />
          <Lines label="Paths" hint="From input, output, metadata or attributes, such as input.messages.*.content. JSON text is looked into." values={settings.paths} isReadOnly={isReadOnly} onChange={(paths) => set({ paths })} />
        </div>
      </Section>
      <Patterns patterns={settings.patterns} isReadOnly={isReadOnly} onChange={(patterns) => set({ patterns })} />
    </>
  );
}

function Patterns({ patterns, isReadOnly, onChange }: { patterns: readonly OwnPattern[]; isReadOnly: boolean; onChange: (patterns: OwnPattern[]) => void }) {
  const replace = (at: number, part: Partial<OwnPattern>) => onChange(patterns.map((each, index) => (index === at ? { ...each, ...part } : each)));
  const add = () => onChange([...patterns, { name: `pattern-${patterns.length + 1}`, expression: "", ignore_case: false, replacement: "" }]);
  return (
    <Section
      title="Own patterns"
      note="Regular expressions that no text can stall: no anchors, look-around, back-references or lazy repetition."
      actions={
        !isReadOnly && (
          <Button size="sm" onClick={add}>
            <Plus />
            Add a pattern
          </Button>
        )
      }
    >
      {patterns.length === 0 ? (
        <Nothing>None yet. For order numbers, customer ids and the like.</Nothing>
      ) : (
        <ul aria-label="Own patterns" className="divide-y divide-line">
          {patterns.map((pattern, index) => (
            <li key={index} className="flex flex-col gap-3 p-4">
              <div className="flex items-end gap-2">
                <TextField label="Name" value={pattern.name} mono disabled={isReadOnly} onChange={(name) => replace(index, { name })} className="flex-1" />
                <TextField label="Replaced by" value={pattern.replacement} mono disabled={isReadOnly} placeholder={`[redacted:${pattern.name}]`} onChange={(replacement) => replace(index, { replacement })} className="flex-1" />
                {!isReadOnly && (
                  <IconButton label={`Remove the pattern ${pattern.name}`} className="mb-0.5" onClick={() => onChange(patterns.filter((_, at) => at !== index))}>
                    <Trash2 />
                  </IconButton>
                )}
              </div>
              <TextField label="Expression" value={pattern.expression} mono disabled={isReadOnly} placeholder="ORD-\d{6}" onChange={(expression) => replace(index, { expression })} />
              <Checkbox label="Ignore case" checked={pattern.ignore_case} disabled={isReadOnly} onChange={(ignore_case) => replace(index, { ignore_case })} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
