import { useQuery } from "@tanstack/react-query";
import { Scale } from "lucide-react";

import { useRefusal } from "@/access/me";
import type { SourceDifferences } from "@/api/control-types";
import { compareSources, fetchSourceDifferences } from "@/api/price-endpoints";
import { useChange } from "@/api/use-change";
import { formatExact, plural } from "@/format/count";
import { formatUsd } from "@/format/money";
import { formatListTime } from "@/format/time";
import { Button } from "@/ui/button";
import { FormProblem } from "@/ui/form";
import { Loaded, Nothing, ReadOnlyNote, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { perInWords, unitInWords } from "./terms";

const KEY = ["price-sources"];

/** Where the sources of prices disagree. */
export function SourcesPage() {
  const refusal = useRefusal("prices:write");
  const query = useQuery({ queryKey: KEY, queryFn: ({ signal }) => fetchSourceDifferences(signal) });
  const compare = useChange(compareSources, [KEY]);
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      <Section
        title="Where the sources disagree"
        note="Compared every night where a second source is set. The first source prices calls; an own price goes before both."
        actions={
          refusal === null && (
            <Button disabled={compare.isPending} onClick={() => compare.mutate()}>
              {compare.isPending ? "Comparing…" : "Compare now"}
            </Button>
          )
        }
      >
        {compare.error !== null && (
          <div className="p-4">
            <FormProblem error={compare.error} />
          </div>
        )}
        <Loaded query={query} label="Loading the comparison">
          {(found) =>
            found.made_at === null ? (
              <EmptyState icon={<Scale />} title="Not compared yet">
                It takes a second source: a community price file, named in the settings of the server.
              </EmptyState>
            ) : (
              <Comparison found={found} madeAt={found.made_at} />
            )
          }
        </Loaded>
      </Section>
    </SettingsBody>
  );
}

function Comparison({ found, madeAt }: { found: SourceDifferences; madeAt: string }) {
  return (
    <>
      <p className="px-4 py-3 text-sm text-muted">
        {formatListTime(madeAt, new Date())}: {plural(found.compared, "model")} in both, {plural(found.items.length, "rate differs", "rates differ")}.
      </p>
      {found.items.length === 0 ? (
        <Nothing>Both sources say the same.</Nothing>
      ) : (
        <div className="overflow-x-auto border-t border-line" tabIndex={0} role="region" aria-label="Differences">
          <table className="w-full text-sm">
            <thead>
              <tr className="text-left text-xs text-muted">
                <th className="px-4 py-2 font-medium">Model</th>
                <th className="px-4 py-2 font-medium">Unit</th>
                <th className="px-4 py-2 text-right font-medium">{found.first}</th>
                <th className="px-4 py-2 text-right font-medium">{found.second}</th>
                <th className="px-4 py-2 text-right font-medium">Ratio</th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line border-t border-line">
              {found.items.map((each) => (
                <tr key={`${each.provider} ${each.model} ${each.unit}`} className="tabular">
                  <th scope="row" className="px-4 py-1.5 text-left font-medium whitespace-nowrap">
                    {each.model} <span className="font-normal text-muted">{each.provider}</span>
                  </th>
                  <td className="px-4 py-1.5 whitespace-nowrap text-muted">
                    {unitInWords(each.unit)} {perInWords(each)}
                  </td>
                  <td className="px-4 py-1.5 text-right">{formatUsd(each.first)}</td>
                  <td className="px-4 py-1.5 text-right">{formatUsd(each.second)}</td>
                  <td className="px-4 py-1.5 text-right font-medium">{each.ratio >= 10 ? formatExact(Math.round(each.ratio)) : each.ratio.toFixed(2)}×</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
