import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useDeferredValue, useEffect, useState } from "react";

import { tryRedaction } from "@/api/privacy-endpoints";
import type { RedactionSettings, Tried } from "@/api/types";
import { Badge } from "@/ui/badge";
import { TextArea } from "@/ui/form";
import { Section } from "@/ui/settings";

import { marksOf, piecesOf, sampleOf } from "./marks";

const FIRST_SAMPLE = "Write to jane@example.com about ORD-123456, card 4111 1111 1111 1111.\nAuthorization: Bearer sk-proj-abcdefghijklmnopqrstuvwx1234567890";
const SETTLE_MS = 350;

/** What would be stored of a sample by the rules as they are drawn up, as one types. */
export function TryPanel({ settings, isDraft }: { settings: RedactionSettings; isDraft: boolean }) {
  const [sample, setSample] = useState(FIRST_SAMPLE);
  const asked = useSettled(JSON.stringify({ settings, sample }));
  const query = useQuery({
    queryKey: ["try-redaction", asked],
    queryFn: () => {
      const { settings: rules, sample: text } = JSON.parse(asked) as { settings: RedactionSettings; sample: string };
      return tryRedaction(rules, sampleOf(text));
    },
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
    gcTime: 10_000,
  });
  return (
    <Section title="Try it" note={isDraft ? "With the rules as you have drawn them up here, before you save." : "With the rules that hold."}>
      <div className="flex flex-col gap-4 p-4">
        <TextArea label="Sample" value={sample} onChange={setSample} rows={6} hint="A text, or JSON as your app sends it. Nothing is stored." />
        <div aria-live="polite">
          <h3 className="mb-1.5 text-sm font-medium">What would be stored</h3>
          {query.error !== null ? (
            <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
              {query.error.message}
            </p>
          ) : query.data === undefined ? (
            <p className="text-sm text-muted">Trying…</p>
          ) : (
            <Outcome tried={query.data} marks={marksOf(settings)} />
          )}
        </div>
      </div>
    </Section>
  );
}

function Outcome({ tried, marks }: { tried: Tried; marks: readonly string[] }) {
  const stored = typeof tried.sample.input === "string" ? tried.sample.input : JSON.stringify(tried.sample.input);
  return (
    <>
      <pre tabIndex={0} role="region" aria-label="What would be stored" className="max-h-80 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
        {stored === ""
          ? "(nothing)"
          : piecesOf(stored, marks).map((piece, index) =>
              piece.isMark ? (
                <mark key={index} className="rounded-sm bg-warn-soft px-0.5 font-semibold text-warn">
                  {piece.text}
                </mark>
              ) : (
                piece.text
              ),
            )}
      </pre>
      {tried.hits.length === 0 ? (
        <p className="mt-2 flex items-center gap-1.5 text-sm text-muted">
          <ShieldCheck aria-hidden className="size-4" /> No rule found anything.
        </p>
      ) : (
        <ul aria-label="What was found" className="mt-2 flex flex-wrap gap-1.5">
          {tried.hits.map((hit) => (
            <li key={`${hit.rule} ${hit.where}`}>
              <Badge tone="warn" size="md">
                {hit.count} × {hit.rule} in {hit.where}
              </Badge>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The value once it has not changed for a moment. */
function useSettled(value: string): string {
  const latest = useDeferredValue(value);
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(latest), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [latest]);
  return settled;
}
