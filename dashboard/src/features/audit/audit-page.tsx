import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Download, ScrollText } from "lucide-react";

import { useMe } from "@/access/me";
import { apiUrl, type Parameters } from "@/api/client";
import { auditExportPath, fetchAudit } from "@/api/identity-endpoints";
import { saveAnswer } from "@/api/save";
import { useChange } from "@/api/use-change";
import { paths, type AuditSearch } from "@/paths";
import { Button } from "@/ui/button";
import { FormProblem } from "@/ui/form";
import { LoadMore, Loaded, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { AuditFilters } from "./audit-filters";
import { AuditRow } from "./audit-row";

/** Who did what, when and from where. */
export function AuditPage() {
  const { organisationId } = useParams({ from: "/organisations/$organisationId/audit" });
  const search = useSearch({ from: "/organisations/$organisationId/audit" });
  const navigate = useNavigate();
  const projects = useMe().data?.projects.filter((each) => each.organisation_id === organisationId) ?? [];
  const set = (filters: AuditSearch) => void navigate(paths.audit(organisationId, filters));
  const filters = parametersOf(search);
  const isFiltered = Object.keys(filters).length > 0;
  const query = useInfiniteQuery({
    queryKey: ["audit", organisationId, filters],
    queryFn: ({ pageParam, signal }) => fetchAudit(organisationId, filters, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const save = useChange(() => saveAnswer(apiUrl(auditExportPath(organisationId), filters), "lynex-audit.zip"), []);
  return (
    <SettingsBody wide>
      <Section
        title="Audit log"
        note="Append-only: each row carries the hash of the one before. Verify it with lynex audit verify."
        actions={
          <Button disabled={save.isPending} onClick={() => save.mutate()} title="Rows as NDJSON with a signature and the public key to check it by">
            <Download className="text-faint" />
            {save.isPending ? "Exporting…" : "Signed export"}
          </Button>
        }
      >
        <AuditFilters key={JSON.stringify(search)} search={search} projects={projects} onChange={set} />
        <FormProblem error={save.error} />
        <Loaded query={query} label="Loading the audit log">
          {({ pages }) => {
            const entries = pages.flatMap((page) => page.items);
            if (entries.length === 0) {
              return (
                <EmptyState icon={<ScrollText />} title={isFiltered ? "No row passes these filters" : "Nothing was done yet"}>
                  {isFiltered && <Button onClick={() => set({})}>Clear filters</Button>}
                </EmptyState>
              );
            }
            return (
              <ul aria-label="Audit log" className="divide-y divide-line border-t border-line">
                {entries.map((entry) => (
                  <AuditRow key={entry.id} entry={entry} onFilter={(part) => set({ ...search, ...part })} />
                ))}
              </ul>
            );
          }}
        </Loaded>
        <LoadMore query={query} className="border-t border-line p-3" />
      </Section>
    </SettingsBody>
  );
}

/** Days are the reader's own; the last one counts whole. */
function parametersOf({ scope, actor, action, target, from, to }: AuditSearch): Parameters {
  const start = (day: string, plusDays: number) => {
    const at = new Date(`${day}T00:00:00`);
    at.setDate(at.getDate() + plusDays);
    return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
  };
  const all = { project_id: scope, actor, action, target, from: from === undefined ? undefined : start(from, 0), to: to === undefined ? undefined : start(to, 1) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
