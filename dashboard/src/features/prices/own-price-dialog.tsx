import { useState } from "react";

import { useMe, useOrganisationRefusal } from "@/access/me";
import { ApiError } from "@/api/client";
import type { OwnPrice } from "@/api/control-types";
import { changeOwnPrice, createOwnPrice } from "@/api/price-endpoints";
import { useChange } from "@/api/use-change";
import { Suggesting } from "@/scope/call-scope-fields";
import { useFacets } from "@/scope/facets";
import { FormDialog, SelectField, TextField } from "@/ui/form";

import { AFTER_PRICE_CHANGE } from "./queries";
import { SlipConfirm } from "./slip";
import { draftOf, FIRST_TERMS, termsOf } from "./terms";
import { TermsFields } from "./terms-fields";

const dayOf = (iso: string | null) => (iso === null ? "" : iso.slice(0, 10));
/** A day begins at midnight UTC, as the sources' do. */
const instantOf = (day: string) => (day === "" ? null : `${day}T00:00:00Z`);

/** Sets a price of one's own, or corrects one. */
export function OwnPriceDialog({ price, onClose }: { price: OwnPrice | null; onClose: () => void }) {
  const organisationId = useMe().data?.organisation_id ?? "";
  const organisationRefusal = useOrganisationRefusal(organisationId, "prices:write");
  const facets = useFacets({ range: "30d" }, true);
  const [scope, setScope] = useState<"project" | "organisation">(price?.scope ?? "project");
  const [fields, setFields] = useState({ provider: price?.provider ?? "", model: price?.model ?? "", service_tier: price?.service_tier ?? "", region: price?.region ?? "", from: dayOf(price?.valid_from ?? null), until: dayOf(price?.valid_until ?? null), note: price?.note ?? "" });
  const [draft, setDraft] = useState(price === null ? FIRST_TERMS : draftOf(price.terms));
  const [isConfirmed, setConfirmed] = useState(false);
  const terms = termsOf(draft);
  const set = (over: Partial<typeof fields>) => setFields({ ...fields, ...over });
  const save = useChange(
    async () => {
      if (terms === null) return;
      const { from, until, ...rest } = fields;
      const valid_from = price !== null && from === dayOf(price.valid_from) ? price.valid_from : instantOf(from);
      const valid_until = price !== null && until === dayOf(price.valid_until) ? price.valid_until : instantOf(until);
      const wish = { ...rest, model: rest.model.trim(), terms, valid_from, valid_until, confirm: isConfirmed };
      const owner = scope === "organisation" ? organisationId : null;
      await (price === null ? createOwnPrice(wish, owner) : changeOwnPrice(price.id, wish, owner));
    },
    AFTER_PRICE_CHANGE,
    onClose,
  );
  const wrong = save.error instanceof ApiError ? save.error : null;
  const problemOf = (field: string) => (wrong?.field === field ? wrong.message : null);
  return (
    <FormDialog title={price === null ? "New own price" : "Correct an own price"} open onOpenChange={onClose} action={price === null ? "Set this price" : "Save"} pending={save.isPending} error={save.error} disabled={terms === null || fields.model.trim() === ""} onSubmit={() => save.mutate()}>
      {price === null && organisationRefusal === null && (
        <SelectField
          label="For"
          value={scope}
          options={[
            { value: "project", label: "This project" },
            { value: "organisation", label: "Every project of the organisation" },
          ]}
          onChange={setScope}
        />
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <Suggesting label="Model" value={fields.model} onChange={(model) => set({ model })} values={(facets?.model ?? []).map((each) => each.value)} required placeholder="gpt-4o*" hint="May hold * and ?." problem={problemOf("model")} />
        <Suggesting label="Provider" value={fields.provider} onChange={(provider) => set({ provider })} values={(facets?.provider ?? []).map((each) => each.value)} placeholder="any" />
        <TextField label="Service tier" value={fields.service_tier} onChange={(service_tier) => set({ service_tier })} placeholder="any" maxLength={50} />
        <TextField label="Region" value={fields.region} onChange={(region) => set({ region })} placeholder="any" maxLength={100} />
        <TextField label="Valid from (UTC)" type="date" value={fields.from} onChange={(from) => set({ from })} hint="Empty: from now on." problem={problemOf("valid_from")} />
        <TextField label="Valid until (UTC)" type="date" value={fields.until} onChange={(until) => set({ until })} hint="Empty: for ever." problem={problemOf("valid_until")} />
      </div>
      <TermsFields draft={draft} onChange={setDraft} />
      <TextField label="Note" value={fields.note} onChange={(note) => set({ note })} maxLength={1000} placeholder="contract of March" />
      {price !== null && <p className="text-xs text-muted">What was priced with it stays as it is until history is priced again. For a price that changes from a day on, set another one that is valid from then.</p>}
      <SlipConfirm error={save.error} checked={isConfirmed} onChange={setConfirmed} />
    </FormDialog>
  );
}
