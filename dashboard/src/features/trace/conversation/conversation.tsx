import { Bot, Brain, ChevronRight, CornerDownRight, Cog, Image, User, Wrench, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";

import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { cn } from "@/ui/cn";
import { CopyButton } from "@/ui/copy-button";

import type { Message } from "./messages";
import type { Part } from "./parts";
import { blocksOf } from "./rich-text";

const ROLES: Record<string, { label: string; icon: LucideIcon; colour: string }> = {
  system: { label: "System", icon: Cog, colour: "text-muted bg-sunken ring-1 ring-line ring-inset" },
  user: { label: "User", icon: User, colour: "text-info bg-info-soft" },
  assistant: { label: "Assistant", icon: Bot, colour: "text-accent-text bg-accent-soft" },
  tool: { label: "Tool", icon: Wrench, colour: "text-warn bg-warn-soft" },
};

/** Longer texts start folded: prompts can be whole books. */
const FOLDED_CHARS = 2_400;

export function Conversation({ messages, label }: { messages: readonly Message[]; label: string }) {
  return (
    <ol aria-label={label} className="flex flex-col gap-4">
      {messages.map((message, index) => (
        <MessageView key={index} message={message} />
      ))}
    </ol>
  );
}

function MessageView({ message }: { message: Message }) {
  const role = ROLES[message.role] ?? { label: message.role, icon: User, colour: "text-muted bg-sunken" };
  const text = message.parts.flatMap((part) => ("text" in part ? [part.text] : [])).join("\n\n");
  return (
    <li className="group flex gap-3">
      <span aria-hidden className={cn("flex size-6 shrink-0 items-center justify-center rounded-md", role.colour)}>
        <role.icon className="size-3.5" />
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex h-6 items-center justify-between">
          <h4 className="text-xs font-semibold text-muted">{role.label}</h4>
          {text !== "" && <CopyButton text={text} label={`Copy ${role.label} message`} className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100" />}
        </div>
        <div className="flex flex-col gap-2">
          {message.parts.map((part, index) => (
            <PartView key={index} part={part} />
          ))}
        </div>
      </div>
    </li>
  );
}

function PartView({ part }: { part: Part }) {
  switch (part.type) {
    case "text":
      return <RichText text={part.text} />;
    case "reasoning":
      return (
        <Fold icon={Brain} title="Reasoning">
          <div className="text-muted italic">
            <RichText text={part.text} />
          </div>
        </Fold>
      );
    case "tool_call":
      return (
        <Fold icon={Wrench} title={<><span className="text-muted">calls</span> {part.name}</>} note={part.id} open>
          <CodeBlock code={part.arguments} label={`Arguments of ${part.name}`} wrap />
        </Fold>
      );
    case "tool_result":
      return (
        <Fold icon={CornerDownRight} title={<><span className="text-muted">result</span> {part.name}</>} note={part.id} open>
          <CodeBlock code={part.result} label={`Result ${part.name}`} wrap />
        </Fold>
      );
    case "media":
      return (
        <p className="flex items-center gap-2 rounded-md border border-line bg-sunken px-2.5 py-1.5 text-xs text-muted">
          <Image aria-hidden className="size-4 shrink-0" />
          <span className="break-all">{part.text}</span>
        </p>
      );
    case "json":
      return <CodeBlock code={part.json} label="Part as JSON" wrap />;
  }
}

function Fold({ icon: Icon, title, note = "", open = false, children }: { icon: LucideIcon; title: ReactNode; note?: string; open?: boolean; children: ReactNode }) {
  return (
    <details open={open} className="group/fold rounded-md border border-line bg-surface">
      <summary className="flex h-8 list-none items-center gap-2 px-2.5 text-xs font-medium [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-3.5 text-faint transition-transform group-open/fold:rotate-90" />
        <Icon aria-hidden className="size-3.5 text-warn" />
        <span className="truncate">{title}</span>
        <span className="ml-auto truncate font-mono text-2xs text-faint">{note}</span>
      </summary>
      <div className="px-2.5 pb-2.5">{children}</div>
    </details>
  );
}

export function RichText({ text }: { text: string }) {
  const [isWhole, setIsWhole] = useState(false);
  const isLong = text.length > FOLDED_CHARS;
  const shown = isLong && !isWhole ? text.slice(0, FOLDED_CHARS) : text;
  if (text === "") return <p className="text-sm text-faint">(empty)</p>;
  return (
    <div className="flex flex-col gap-2 text-sm leading-[1.6]">
      {blocksOf(shown).map((block, index) =>
        block.type === "code" ? (
          <CodeBlock key={index} code={block.text} label="Code" />
        ) : (
          <p key={index} className="break-words whitespace-pre-wrap">
            {block.inlines.map((inline, at) =>
              inline.type === "text" ? (
                inline.text
              ) : inline.type === "bold" ? (
                <strong key={at} className="font-semibold">
                  {inline.text}
                </strong>
              ) : (
                <code key={at} className="rounded-sm bg-sunken px-1 py-px font-mono text-xs ring-1 ring-line ring-inset">
                  {inline.text}
                </code>
              ),
            )}
          </p>
        ),
      )}
      {isLong && (
        <Button size="sm" look="link" className="self-start" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? "Show less" : `Show all ${text.length.toLocaleString("en-US")} characters`}
        </Button>
      )}
    </div>
  );
}
