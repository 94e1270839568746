import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";

import { cn } from "./cn";

const badge = cva("inline-flex items-center gap-1 rounded-sm px-1.5 text-2xs font-medium whitespace-nowrap [&_svg]:size-3", {
  variants: {
    tone: {
      neutral: "bg-sunken text-muted ring-1 ring-line ring-inset",
      good: "bg-good-soft text-good",
      warn: "bg-warn-soft text-warn",
      bad: "bg-bad-soft text-bad",
      info: "bg-info-soft text-info",
      violet: "bg-violet-soft text-violet",
      accent: "bg-accent-soft text-accent-text",
    },
    size: { sm: "h-[18px]", md: "h-5 px-2" },
  },
  defaultVariants: { tone: "neutral", size: "sm" },
});

export type Tone = NonNullable<VariantProps<typeof badge>["tone"]>;

export function Badge({ className, tone, size, ...props }: ComponentProps<"span"> & VariantProps<typeof badge>) {
  return <span className={cn(badge({ tone, size }), className)} {...props} />;
}

const STATUS_TONES: Record<string, Tone> = { ok: "good", error: "bad", timeout: "bad", cancelled: "warn", blocked: "violet" };
const DOTS: Record<string, string> = { good: "bg-good", bad: "bg-bad", warn: "bg-warn", violet: "bg-violet", neutral: "bg-faint" };

/** A span's status. Success is quiet (a dot), everything else says its name. */
export function StatusBadge({ status, quiet = false }: { status: string; quiet?: boolean }) {
  const tone = STATUS_TONES[status] ?? "neutral";
  if (status === "ok" && quiet) {
    return (
      <span className="inline-flex items-center gap-1.5 text-xs text-muted">
        <span className={cn("size-1.5 rounded-full", DOTS[tone])} aria-hidden />
        ok
      </span>
    );
  }
  return <Badge tone={tone}>{status}</Badge>;
}

/** Said loudly wherever a sum hides calls nobody could price. */
export function UnpricedBadge({ count }: { count?: number }) {
  return (
    <Badge tone="warn" title="No price is known for this model. Its calls are not part of the cost.">
      {count === undefined ? "unpriced" : `${count.toLocaleString("en-US")} unpriced`}
    </Badge>
  );
}
