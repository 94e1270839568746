import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tags } from "lucide-react";
import { useState } from "react";

import type { ListedPrice } from "@/api/control-types";
import { searchPrices } from "@/api/price-endpoints";
import { useLate } from "@/api/use-late";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Input } from "@/ui/field";
import { SettingsBody } from "@/ui/settings";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";

import { groupsOf, sortedRates } from "./groups";
import { PRICES } from "./queries";
import { perInWords, unitInWords } from "./terms";

const MOST = 200;

/** Every rate of every model, where it comes from, and what held before. */
export function PricesPage() {
  const { q = "" } = useSearch({ from: "/prices/" });
  const navigate = useNavigate();
  const [typed, setTyped] = useState(q);
  const late = useLate(q);
  const query = useQuery({ queryKey: [PRICES, late], queryFn: ({ signal }) => searchPrices(late, MOST, signal), placeholderData: keepPreviousData });
  const groups = groupsOf(query.data?.items ?? []);
  return (
    <SettingsBody wide>
      <div className="flex flex-col gap-1.5">
        <Input
          type="search"
          aria-label="Search models"
          placeholder="Search models: claude sonnet"
          className="h-10"
          autoFocus
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            void navigate({ ...paths.prices(event.target.value === "" ? undefined : event.target.value), replace: true });
          }}
        />
        {query.data !== undefined && <p className="text-xs text-muted">Sources in order: {query.data.sources.join(", ")}. The first that knows a model prices it.</p>}
      </div>
      {query.error !== null && query.data === undefined ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <SkeletonRows label="Loading prices" />
      ) : groups.length === 0 ? (
        <Card>
          <EmptyState icon={<Tags />} title="No source knows such a model">
            Search for a part of its name, or set a price of your own under Own prices.
          </EmptyState>
        </Card>
      ) : (
        <ul aria-label="Models" className="grid items-start gap-4 lg:grid-cols-2">
          {groups.map((group) => (
            <li key={group.key}>
              <Card className="p-4">
                <h2 className="text-sm font-semibold break-words">
                  {group.model} <span className="font-normal text-muted">{group.provider}</span>
                </h2>
                {group.current.map((price, index) => (
                  <OnePrice key={index} price={price} />
                ))}
                {group.past.length > 0 && (
                  <details className="mt-3 text-sm">
                    <summary className="text-xs font-medium text-muted">What held before, and other conditions ({group.past.length})</summary>
                    {group.past.map((price, index) => (
                      <OnePrice key={index} price={price} />
                    ))}
                  </details>
                )}
              </Card>
            </li>
          ))}
        </ul>
      )}
      {query.data !== undefined && query.data.items.length === MOST && <p className="text-center text-xs text-muted">Only the first {MOST} prices are shown. Search for more of the name.</p>}
    </SettingsBody>
  );
}

function OnePrice({ price }: { price: ListedPrice }) {
  const from = price.valid_from;
  const dates = from === null && price.valid_until === null ? "" : `${from ?? "…"} to ${price.valid_until ?? "now"}`;
  return (
    <div className="mt-2.5">
      <div className="flex flex-wrap items-center gap-1.5 text-xs">
        <Badge tone={price.source === "own" ? "accent" : "neutral"}>{price.source}</Badge>
        {price.condition !== "" && <Badge tone="info">{price.condition}</Badge>}
        {!price.current && <Badge tone="warn">not now</Badge>}
        {dates !== "" && <span className="text-muted tabular">{dates}</span>}
      </div>
      <dl className="mt-1.5 grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-0.5 text-sm">
        {sortedRates(price.rates).map((rate) => (
          <div key={`${rate.unit} ${rate.above_input_tokens}`} className="contents">
            <dt className="truncate text-muted">
              {unitInWords(rate.unit)}
              {rate.above_input_tokens > 0 && ` above ${rate.above_input_tokens.toLocaleString("en-US")} input tokens`}
            </dt>
            <dd className="text-right tabular">
              ${rate.usd} <span className="text-xs text-faint">{perInWords(rate)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
