import { Bot, Box, FileSearch, Link2, Scale, Shield, Sparkles, Waypoints, Wrench } from "lucide-react";

import { cn } from "./cn";

const KINDS = {
  llm: { icon: Sparkles, colour: "text-accent-text", bar: "bg-accent" },
  embedding: { icon: Waypoints, colour: "text-info", bar: "bg-info" },
  tool: { icon: Wrench, colour: "text-warn", bar: "bg-warn" },
  retrieval: { icon: FileSearch, colour: "text-info", bar: "bg-info" },
  agent: { icon: Bot, colour: "text-violet", bar: "bg-violet" },
  chain: { icon: Link2, colour: "text-muted", bar: "bg-faint" },
  guardrail: { icon: Shield, colour: "text-good", bar: "bg-good" },
  evaluator: { icon: Scale, colour: "text-good", bar: "bg-good" },
  other: { icon: Box, colour: "text-faint", bar: "bg-faint" },
};

const looks = (kind: string) => KINDS[kind as keyof typeof KINDS] ?? KINDS.other;

/** The colour of a kind's bar in a waterfall. */
export const kindBar = (kind: string): string => looks(kind).bar;

export function KindIcon({ kind, className }: { kind: string; className?: string }) {
  const { icon: Icon, colour } = looks(kind);
  return <Icon role="img" aria-label={kind} className={cn("size-3.5 shrink-0", colour, className)} />;
}
