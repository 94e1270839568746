import { useQuery } from "@tanstack/react-query";
import { Plus, Tag } from "lucide-react";
import { useState } from "react";

import { useMe, useOrganisationRefusal, useRefusal } from "@/access/me";
import type { OwnPrice } from "@/api/control-types";
import { changeOwnPrice, fetchOwnPrices, removeOwnPrice } from "@/api/price-endpoints";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm, RemoveButton } from "@/ui/dialog";
import { Checkbox } from "@/ui/form";
import { Loaded, ReadOnlyNote, Row, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { OwnPriceDialog } from "./own-price-dialog";
import { AFTER_PRICE_CHANGE, OWN_PRICES } from "./queries";
import { endedWish, termsInWords } from "./terms";

/** What the visitor's contracts say, before every source. */
export function OwnPricesPage() {
  const refusal = useRefusal("prices:write");
  const [showsRemoved, setShowsRemoved] = useState(false);
  const [editing, setEditing] = useState<OwnPrice | "new" | null>(null);
  const query = useQuery({ queryKey: [OWN_PRICES, showsRemoved], queryFn: ({ signal }) => fetchOwnPrices(showsRemoved, signal) });
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      <Section
        title="Own prices"
        note="They go before every source. A project's own price goes before its organisation's; the more exact name before the pattern."
        actions={
          refusal === null && (
            <Button look="primary" onClick={() => setEditing("new")}>
              <Plus />
              New price
            </Button>
          )
        }
      >
        <Loaded query={query} label="Loading own prices">
          {(prices) =>
            prices.length === 0 ? (
              <EmptyState icon={<Tag />} title="No own price">
                Calls are priced by the sources. Set a price here when your contract differs, or for models that you run yourself.
              </EmptyState>
            ) : (
              <Rows label="Own prices">
                {prices.map((price) => (
                  <PriceRow key={price.id} price={price} mayChange={refusal === null} onEdit={() => setEditing(price)} />
                ))}
              </Rows>
            )
          }
        </Loaded>
        <div className="border-t border-line px-4 py-3">
          <Checkbox label="Also show those that were removed" checked={showsRemoved} onChange={setShowsRemoved} />
        </div>
      </Section>
      {editing !== null && <OwnPriceDialog price={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </SettingsBody>
  );
}

function PriceRow({ price, mayChange, onEdit }: { price: OwnPrice; mayChange: boolean; onEdit: () => void }) {
  const organisationId = useMe().data?.organisation_id ?? "";
  const organisationRefusal = useOrganisationRefusal(organisationId, "prices:write");
  const isOfProject = price.scope === "project";
  const now = new Date();
  const owner = isOfProject ? null : organisationId;
  const end = useChange(() => changeOwnPrice(price.id, endedWish(price, new Date()), owner), AFTER_PRICE_CHANGE);
  const remove = useChange(() => removeOwnPrice(price.id, owner), AFTER_PRICE_CHANGE);
  const isOver = price.removed_at !== null || (price.valid_until !== null && new Date(price.valid_until) <= now);
  const may = mayChange && price.removed_at === null && (isOfProject || organisationRefusal === null);
  const error = end.error ?? remove.error;
  return (
    <Row
      actions={
        may && (
          <>
            <Button size="sm" aria-label={`Edit the price of ${price.model}`} onClick={onEdit}>
              Edit
            </Button>
            {!isOver && (
              <Confirm
                trigger={<Button size="sm" aria-label={`End the price of ${price.model}`}>End</Button>}
                title={`End the price of ${price.model}?`}
                text="From now on the sources price its calls again. What it priced until now stays."
                action="End it now"
                onConfirm={() => end.mutate()}
              />
            )}
            <RemoveButton title={`Remove the price of ${price.model}?`} text="It counts for no day any more. What it priced stays until history is priced again." pending={remove.isPending} onRemove={() => remove.mutate()} />
          </>
        )
      }
    >
      <div className="flex flex-wrap items-center gap-1.5">
        <code className="font-mono text-xs font-semibold break-all">{price.provider === "" ? price.model : `${price.provider}/${price.model}`}</code>
        <Badge tone={isOfProject ? "neutral" : "info"}>{isOfProject ? "this project" : "organisation"}</Badge>
        {price.service_tier !== "" && <Badge>tier {price.service_tier}</Badge>}
        {price.region !== "" && <Badge>region {price.region}</Badge>}
        {price.removed_at !== null ? <Badge tone="bad">removed</Badge> : isOver && <Badge tone="warn">ended</Badge>}
      </div>
      <div className="mt-0.5 text-sm break-words">{termsInWords(price.terms)}</div>
      <div className="mt-0.5 text-xs text-muted">
        From {formatListTime(price.valid_from, now)}
        {price.valid_until !== null && ` until ${formatListTime(price.valid_until, now)}`} · {price.created_by}
        {price.note !== "" && ` · ${price.note}`}
      </div>
      {error !== null && <p role="alert" className="mt-1 text-xs text-bad">{error.message}</p>}
    </Row>
  );
}
