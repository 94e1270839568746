import { useState } from "react";

import { CodeBlock } from "@/ui/code-block";
import { Tab, TabList, TabPanel, Tabs } from "@/ui/tabs";

import { maskedKey, snippetsFor } from "./snippets";

/** Where no key is known yet. */
const PLACEHOLDER = "YOUR_API_KEY";

/** Snippets as tabs. The screen shows the key masked; what is copied carries the real one. */
export function SnippetTabs({ baseUrl, apiKey, revealed = false }: { baseUrl: string; apiKey: string | null; revealed?: boolean }) {
  const [open, setOpen] = useState("python");
  const shown = snippetsFor(baseUrl, apiKey === null ? PLACEHOLDER : revealed ? apiKey : maskedKey(apiKey));
  const real = snippetsFor(baseUrl, apiKey ?? PLACEHOLDER);
  return (
    <Tabs value={open} onValueChange={setOpen}>
      <TabList aria-label="Ways to send calls" className="overflow-x-auto px-4">
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
