import { PlugZap } from "lucide-react";
import type { ReactNode } from "react";

import { useKnownKey } from "@/access/fresh-key";
import { useMe } from "@/access/me";

import { KeyOffer } from "./key-offer";
import { SnippetTabs } from "./snippet-tabs";

/** What an empty project shows: a key, what to paste, and that the page is waiting for it. */
export function FirstSteps({ waiting }: { waiting: ReactNode }) {
  const known = useKnownKey(useMe().data?.project_id ?? null);
  return (
    <section aria-label="First steps" className="mx-auto w-full max-w-3xl px-4 py-8 md:py-12">
      <div className="mb-5 flex flex-col items-center text-center">
        <div aria-hidden className="mb-3 flex size-11 items-center justify-center rounded-lg bg-accent-soft text-accent-text">
          <PlugZap className="size-5" />
        </div>
        <h2 className="text-lg font-semibold tracking-tight">Send your first call</h2>
        <p className="mt-1 max-w-lg text-sm text-muted">Paste one of these into your app and run it. The call shows up here within a second, with its tokens, its cost and its latency.</p>
      </div>
      <div className="rounded-lg border border-line bg-surface shadow-card">
        <div className="border-b border-line px-4 py-3">
          <KeyOffer known={known} />
        </div>
        <SnippetTabs baseUrl={window.location.origin} apiKey={known} />
      </div>
      <p role="status" className="mt-4 flex items-center justify-center gap-2 text-sm text-muted">
        <span aria-hidden className="relative flex size-2">
          <span className="absolute inline-flex size-full animate-ping rounded-full bg-accent opacity-60" />
          <span className="relative inline-flex size-2 rounded-full bg-accent" />
        </span>
        {waiting}
      </p>
      <p className="mt-2 text-center text-xs text-muted">
        To look around first, send a made-up month with a key of this project: <code className="font-mono">LYNEX_API_KEY=… make demo</code>
      </p>
    </section>
  );
}
