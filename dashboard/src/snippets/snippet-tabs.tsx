import { useState } from "react";

import { cn } from "@/ui/cn";
import { CodeBlock } from "@/ui/code-block";
import { Tab, TabList, TabPanel, Tabs } from "@/ui/tabs";

import { maskedKey, snippetsFor, type Snippet } from "./snippets";

/** More tabs than these stand in several lines: all are seen at once. */
const IN_ONE_LINE = 6;

/** Where no key is known yet. */
const PLACEHOLDER = "YOUR_API_KEY";

/** Snippets as tabs. The screen shows the key masked; what is copied carries the real one. */
export function SnippetTabs({ baseUrl, apiKey, revealed = false, make = snippetsFor }: { baseUrl: string; apiKey: string | null; revealed?: boolean; make?: (baseUrl: string, key: string) => Snippet[] }) {
  const shown = make(baseUrl, apiKey === null ? PLACEHOLDER : revealed ? apiKey : maskedKey(apiKey));
  const real = make(baseUrl, apiKey ?? PLACEHOLDER);
  const [open, setOpen] = useState(shown[0]?.id ?? "");
  return (
    <Tabs value={open} onValueChange={setOpen}>
      <TabList aria-label="Ways to send calls" className={cn("px-4", shown.length > IN_ONE_LINE ? "flex-wrap gap-y-0" : "overflow-x-auto")}>
        {shown.map((snippet) => (
          <Tab key={snippet.id} value={snippet.id}>
            {snippet.title}
          </Tab>
        ))}
      </TabList>
      {shown.map((snippet, index) => (
        <TabPanel key={snippet.id} value={snippet.id} className="p-4">
          <p className="mb-2.5 text-sm text-muted">{snippet.note}</p>
          <CodeBlock code={snippet.code} copy={real[index]?.code} label={`${snippet.title} snippet`} />
        </TabPanel>
      ))}
    </Tabs>
  );
}
