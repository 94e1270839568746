import { useState } from "react";

import type { SpanDetail } from "@/api/types";
import { CodeBlock } from "@/ui/code-block";
import { CopyButton } from "@/ui/copy-button";
import { Segmented } from "@/ui/tabs";

import { Conversation, RichText } from "./conversation/conversation";
import { parseJson, pretty } from "./conversation/json";
import { messagesOf } from "./conversation/messages";

type View = "chat" | "raw";

/** A span's input and output: as a conversation where it is one, as text or JSON where not, raw on demand. */
export function Content({ span }: { span: SpanDetail }) {
  const [view, setView] = useState<View>("chat");
  if (span.input === "" && span.output === "") {
    return <p className="py-8 text-center text-sm text-muted">This span carries no input or output.</p>;
  }
  return (
    <div className="flex flex-col gap-6">
      <div className="-mb-3 flex justify-end">
        <Segmented label="Show content as" value={view} onChange={setView} options={[{ value: "chat", label: "Formatted" }, { value: "raw", label: "Raw" }]} />
      </div>
      <Half title="Input" text={span.input} role="user" view={view} />
      <Half title="Output" text={span.output} role="assistant" view={view} />
    </div>
  );
}

function Half({ title, text, role, view }: { title: string; text: string; role: "user" | "assistant"; view: View }) {
  return (
    <section aria-label={title}>
      <div className="mb-2 flex h-7 items-center justify-between border-b border-line">
        <h3 className="text-xs font-semibold text-faint">{title}</h3>
        {text !== "" && <CopyButton text={text} label={`Copy ${title.toLowerCase()}`} />}
      </div>
      <HalfBody title={title} text={text} role={role} view={view} />
    </section>
  );
}

function HalfBody({ title, text, role, view }: { title: string; text: string; role: "user" | "assistant"; view: View }) {
  if (text === "") return <p className="text-sm text-faint">Nothing recorded</p>;
  if (view === "raw") return <CodeBlock code={text} label={`Raw ${title.toLowerCase()}`} wrap />;
  const messages = messagesOf(text, role);
  if (messages !== null) return <Conversation messages={messages} label={title} />;
  const json = parseJson(text);
  if (typeof json === "string") return <RichText text={json} />;
  return json === undefined ? <RichText text={text} /> : <CodeBlock code={pretty(json)} label={`${title} as JSON`} wrap />;
}
