import { useQuery } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useRef, useState } from "react";

import { useRefusal } from "@/access/me";
import type { ProviderReport } from "@/api/control-types";
import { fetchReconciliation, fetchReports, importReport, removeReport, type Reconcilable } from "@/api/price-endpoints";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { RemoveButton } from "@/ui/dialog";
import { FormProblem, SelectField, TextField } from "@/ui/form";
import { Loaded, Nothing, ReadOnlyNote, Row, Rows, Section, SettingsBody } from "@/ui/settings";

import { RECONCILIATION, REPORTS } from "./queries";
import { Reconciled } from "./reconciled";

const MOST_BYTES = 9_000_000;

/** A provider's own export against what was recorded here. */
export function ReconciliationPage() {
  const refusal = useRefusal("prices:write");
  const query = useQuery({ queryKey: [REPORTS], queryFn: ({ signal }) => fetchReports(signal) });
  const reports = query.data ?? [];
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      <Section title="Provider reports" note="JSON of the usage or cost API of OpenAI or Anthropic, or CSV of their console." actions={refusal === null && <UploadButton />}>
        <Loaded query={query} label="Loading reports">
          {(found) =>
            found.length === 0 ? (
              <Nothing>Upload an export, and every day and model of it is compared with what was recorded.</Nothing>
            ) : (
              <Rows label="Provider reports">
                {found.map((report) => (
                  <ReportRow key={report.id} report={report} mayRemove={refusal === null} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
      {reports.length > 0 && <Comparison key={reports[0]?.id} reports={reports} />}
    </SettingsBody>
  );
}

function UploadButton() {
  const input = useRef<HTMLInputElement>(null);
  const [tooLarge, setTooLarge] = useState(false);
  const send = useChange(async (file: File) => importReport(file.name.slice(0, 200), await file.text()), [[REPORTS], [RECONCILIATION]]);
  return (
    <div className="flex flex-wrap items-center gap-2">
      {tooLarge && <p role="alert" className="text-sm text-bad">The file is larger than 9 MB. Export fewer days.</p>}
      <FormProblem error={send.error} />
      <input
        ref={input}
        type="file"
        accept=".json,.csv,application/json,text/csv"
        aria-label="Report file"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file === undefined) return;
          setTooLarge(file.size > MOST_BYTES);
          if (file.size <= MOST_BYTES) send.mutate(file);
        }}
      />
      <Button look="primary" disabled={send.isPending} onClick={() => input.current?.click()}>
        <Upload />
        {send.isPending ? "Reading…" : "Upload a report"}
      </Button>
    </div>
  );
}

function ReportRow({ report, mayRemove }: { report: ProviderReport; mayRemove: boolean }) {
  const remove = useChange(() => removeReport(report.id), [[REPORTS], [RECONCILIATION]]);
  return (
    <Row
      actions={
        mayRemove && (
          <RemoveButton title={`Remove “${report.name}”?`} text="What it told is in no comparison from then on." pending={remove.isPending} onRemove={() => remove.mutate()} />
        )
      }
    >
      <div className="flex flex-wrap items-center gap-1.5">
        <span className="font-medium break-all">{report.name}</span>
        <Badge>{report.format}</Badge>
      </div>
      <div className="text-xs text-muted tabular">
        {report.first_day} to {report.last_day} · {report.imported_by}, {formatListTime(report.imported_at, new Date())}
      </div>
      {remove.error !== null && <p role="alert" className="mt-1 text-xs text-bad">{remove.error.message}</p>}
    </Row>
  );
}

const PROVIDERS = [
  { value: "openai", label: "OpenAI" },
  { value: "anthropic", label: "Anthropic" },
] as const;

function Comparison({ reports }: { reports: readonly ProviderReport[] }) {
  const [latest] = reports;
  const [provider, setProvider] = useState<Reconcilable>(latest?.provider === "anthropic" ? "anthropic" : "openai");
  const [from, setFrom] = useState(latest?.first_day ?? "");
  const [to, setTo] = useState(latest?.last_day ?? "");
  const isWhole = from !== "" && to !== "" && from <= to;
  const query = useQuery({ queryKey: [RECONCILIATION, provider, from, to], queryFn: ({ signal }) => fetchReconciliation(provider, from, to, signal), enabled: isWhole });
  return (
    <Section title="Ours against theirs" note="Per UTC day and model. Every difference is split into its reasons.">
      <div className="grid gap-4 p-4 sm:grid-cols-3">
        <SelectField label="Provider" value={provider} options={PROVIDERS} onChange={setProvider} />
        <TextField label="From day" type="date" value={from} onChange={setFrom} />
        <TextField label="To day" type="date" value={to} onChange={setTo} problem={isWhole ? null : "From a day to the same or a later one."} />
      </div>
      {isWhole && (
        <Loaded query={query} label="Comparing">
          {(found) => <Reconciled found={found} />}
        </Loaded>
      )}
    </Section>
  );
}
