import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import type { PricedModel, UnpricedModel } from "@/api/control-types";
import { fetchUnpriced, priceUnpriced } from "@/api/price-endpoints";
import { useChange } from "@/api/use-change";
import { formatCount, plural } from "@/format/count";
import { formatListTime } from "@/format/time";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Checkbox, FormDialog, Select, TextField } from "@/ui/form";
import { Loaded, ReadOnlyNote, Row, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { AFTER_PRICE_CHANGE, REPRICINGS, UNPRICED } from "./queries";
import { SlipConfirm } from "./slip";
import { FIRST_TERMS, flagInWords, termsOf } from "./terms";
import { TermsFields } from "./terms-fields";

const DAYS = [
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "365", label: "Last year" },
] as const;

/** What no source can price, and one dialog to price it. */
export function UnpricedPage() {
  const refusal = useRefusal("prices:write");
  const [days, setDays] = useState<(typeof DAYS)[number]["value"]>("30");
  const [pricing, setPricing] = useState<UnpricedModel | null>(null);
  const [priced, setPriced] = useState<PricedModel | null>(null);
  const query = useQuery({ queryKey: [UNPRICED, days], queryFn: ({ signal }) => fetchUnpriced(Number(days), signal) });
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      {priced !== null && (
        <p role="status" className="rounded-md bg-good-soft px-3 py-2 text-sm text-good">
          {priced.override.model} has a price now.{" "}
          {priced.repricing !== null && (
            <>
              What was recorded before is being priced:{" "}
              <Link {...paths.repricing(priced.repricing.id)} className="font-medium underline underline-offset-2">
                show how far it is
              </Link>
              .
            </>
          )}
        </p>
      )}
      <Section title="Unpriced models" note="Their calls are in no sum of money: neither in the overview nor in a budget." actions={<Select aria-label="Time" value={days} options={DAYS} onChange={setDays} />}>
        <Loaded query={query} label="Loading unpriced models">
          {(models) =>
            models.length === 0 ? (
              <EmptyState icon={<CircleCheck />} title="Every call has a price">
                A model that no source knows would stand here.
              </EmptyState>
            ) : (
              <Rows label="Unpriced models">
                {models.map((model) => (
                  <ModelRow key={`${model.provider}/${model.model}`} model={model} mayPrice={refusal === null} onPrice={() => setPricing(model)} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
      {pricing !== null && (
        <PriceDialog
          model={pricing}
          onClose={() => setPricing(null)}
          onPriced={(made) => {
            setPricing(null);
            setPriced(made);
          }}
        />
      )}
    </SettingsBody>
  );
}

function ModelRow({ model, mayPrice, onPrice }: { model: UnpricedModel; mayPrice: boolean; onPrice: () => void }) {
  const now = new Date();
  return (
    <Row
      actions={
        <>
          <Button size="sm" look="ghost" asChild>
            <Link {...paths.trace(model.sample_trace_id, model.sample_span_id)}>Show a call</Link>
          </Button>
          {mayPrice && (
            <Button size="sm" look="primary" onClick={onPrice}>
              <span>
                Price it<span className="sr-only">: {model.model}</span>
              </span>
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-1.5">
        <span className="font-medium break-all">{model.model === "" ? "(no model named)" : model.model}</span>
        <span className="text-muted">{model.provider}</span>
        {model.flags.map((flag) => (
          <Badge key={flag} tone="warn">
            {flagInWords(flag)}
          </Badge>
        ))}
      </div>
      <div className="mt-0.5 text-xs text-muted tabular">
        {plural(model.spans, "call")} · {formatCount(model.input_tokens)} tokens in, {formatCount(model.output_tokens)} out · first {formatListTime(model.first_seen, now)}, last {formatListTime(model.last_seen, now)}
      </div>
    </Row>
  );
}

function PriceDialog({ model, onClose, onPriced }: { model: UnpricedModel; onClose: () => void; onPriced: (made: PricedModel) => void }) {
  const [draft, setDraft] = useState({ ...FIRST_TERMS, kind: "flat" as (typeof FIRST_TERMS)["kind"] });
  const [note, setNote] = useState("");
  const [repricesToo, setRepricesToo] = useState(true);
  const [isConfirmed, setConfirmed] = useState(false);
  const terms = termsOf(draft);
  const save = useChange(
    async () => (terms === null ? null : priceUnpriced({ provider: model.provider, model: model.model, terms, note, confirm: isConfirmed, reprice: repricesToo })),
    [...AFTER_PRICE_CHANGE, [REPRICINGS]],
    (made) => made !== null && onPriced(made),
  );
  return (
    <FormDialog title={`Price ${model.model}`} open onOpenChange={onClose} action="Set this price" pending={save.isPending} error={save.error} disabled={terms === null || model.model === ""} onSubmit={() => save.mutate()}>
      <TermsFields draft={draft} onChange={setDraft} />
      <TextField label="Note" value={note} onChange={setNote} maxLength={1000} placeholder="two L40S in the cellar" />
      <Checkbox label={`Also price the ${plural(model.spans, "call")} that were recorded`} hint="Spans, sums and budgets follow, each once. It runs in the background." checked={repricesToo} onChange={setRepricesToo} />
      <SlipConfirm error={save.error} checked={isConfirmed} onChange={setConfirmed} />
    </FormDialog>
  );
}
