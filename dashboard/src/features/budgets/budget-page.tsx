import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Pencil, ShieldOff, Trash2 } from "lucide-react";
import { useState } from "react";

import { useRefusalOf } from "@/access/me";
import { endOverride, overrideBudget, removeBudget } from "@/api/budget-endpoints";
import { ApiError } from "@/api/client";
import type { Budget } from "@/api/control-types";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { formatDistance } from "@/format/until";
import { paths } from "@/paths";
import { conditionsOf, filtersOf } from "@/scope/call-scope";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { FormDialog, SelectField, TextField, TypedConfirm } from "@/ui/form";
import { PageHeader } from "@/ui/page";
import { ReadOnlyNote } from "@/ui/settings";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";

import { BarLegend, BudgetBar } from "./budget-bar";
import { BudgetNews, PastPeriods } from "./history";
import { BUDGETS, useBudget } from "./queries";
import { Subjects } from "./subjects";
import { formatAmount, outlookOf, STATES } from "./words";

/** One budget: where it stands, where it is heading, and what it did. */
export function BudgetPage() {
  const { budgetId } = useParams({ from: "/budgets/$budgetId" });
  const query = useBudget(budgetId);
  if (query.error instanceof ApiError && query.error.status === 404)
    return (
      <EmptyState title="This budget is not here">
        It was removed, or belongs to another project. <Link {...paths.budgets()} className="text-accent-text underline underline-offset-2">All budgets</Link>
      </EmptyState>
    );
  if (query.error !== null && query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows label="Loading budget" />;
  return <OneBudget budget={query.data} />;
}

type Doing = "override" | "remove" | null;

function OneBudget({ budget }: { budget: Budget }) {
  const refusal = useRefusalOf("budgets:write", budget.scope.project_id === null);
  const [doing, setDoing] = useState<Doing>(null);
  const state = STATES[budget.state];
  return (
    <>
      <PageHeader title={budget.name} note={<Badge tone={state.tone} size="md">{state.label}</Badge>}>
        {refusal === null && (
          <>
            <Button onClick={() => setDoing("override")}>
              <ShieldOff className="text-faint" />
              <span className="hidden sm:inline">Let calls through</span>
              <span className="sm:hidden">Let through</span>
            </Button>
            <Button asChild>
              <Link {...paths.editBudget(budget.id)}>
                <Pencil className="text-faint" />
                Edit
              </Link>
            </Button>
            <Button look="danger" aria-label="Remove" title="Remove" onClick={() => setDoing("remove")}>
              <Trash2 />
            </Button>
          </>
        )}
      </PageHeader>
      <div className="flex flex-col gap-4 px-4 pb-10 md:px-6">
        <ReadOnlyNote reason={refusal} />
        {budget.override !== null && (
          <Overridden budget={budget} override={budget.override} mayEnd={refusal === null} />
        )}
        <Standing budget={budget} />
        <Subjects budget={budget} />
        <PastPeriods budget={budget} />
        <BudgetNews budget={budget} />
      </div>
      {doing === "override" && <OverrideDialog budget={budget} onClose={() => setDoing(null)} />}
      {doing === "remove" && <RemoveDialog budget={budget} onClose={() => setDoing(null)} />}
    </>
  );
}

function Overridden({ budget, override, mayEnd }: { budget: Budget; override: NonNullable<Budget["override"]>; mayEnd: boolean }) {
  const end = useChange(() => endOverride(budget.id), [[BUDGETS]]);
  const now = new Date();
  return (
    <div role="note" className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md bg-violet-soft px-3 py-2 text-sm text-violet">
      <p className="grow">
        It stops nothing until {formatListTime(override.until, now)} ({formatDistance(override.until, now)}): “{override.reason}”, {override.by}.
        {end.error !== null && ` ${end.error.message}`}
      </p>
      {mayEnd && (
        <Button size="sm" disabled={end.isPending} onClick={() => end.mutate()}>
          Let it hold again
        </Button>
      )}
    </div>
  );
}

function Standing({ budget }: { budget: Budget }) {
  const { unit, forecast } = budget;
  const amount = (value: number | null) => (value === null ? "–" : formatAmount(value, unit));
  const filters = filtersOf(budget.scope);
  const facts = [
    ["Spent", amount(budget.spent)],
    ["Held", amount(budget.held)],
    ["Left", amount(budget.left)],
    ["Limit", amount(budget.limit)],
    ["Pace", `${amount(forecast.pace_per_day)} a day`],
    ["Expected", amount(forecast.expected)],
  ] as const;
  return (
    <Card className="flex flex-col gap-3 p-4">
      <p className="text-base">{budget.describes}.</p>
      <ul aria-label="Whose calls" className="flex flex-wrap gap-1.5">
        {conditionsOf(budget.scope).map(({ label, value }) => (
          <li key={label}>
            <Badge size="md">
              <span className="text-faint">{label}</span> {value}
            </Badge>
          </li>
        ))}
        {filters !== null && (
          <li>
            <Link {...paths.traces(filters)} className="text-xs text-accent-text underline-offset-2 hover:underline">
              Show these calls
            </Link>
          </li>
        )}
      </ul>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-3 lg:grid-cols-6">
        {facts.map(([label, value]) => (
          <div key={label} className="min-w-0">
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="truncate text-base font-semibold tabular" title={value}>{value}</dd>
          </div>
        ))}
      </dl>
      <BudgetBar budget={budget} large />
      <BarLegend />
      <section aria-label="Forecast" className="border-t border-line pt-3">
        <h2 className="text-sm font-semibold">Forecast</h2>
        <p className="mt-0.5 text-sm">{outlookOf(budget, new Date())}</p>
        <p className="mt-0.5 text-xs text-muted">Reckoned from {forecast.basis}.</p>
      </section>
    </Card>
  );
}

const SPANS = [
  { value: "15", label: "15 minutes" },
  { value: "60", label: "1 hour" },
  { value: "240", label: "4 hours" },
  { value: "1440", label: "1 day" },
  { value: "10080", label: "7 days" },
] as const;

function OverrideDialog({ budget, onClose }: { budget: Budget; onClose: () => void }) {
  const [minutes, setMinutes] = useState<(typeof SPANS)[number]["value"]>("60");
  const [reason, setReason] = useState("");
  const save = useChange(() => overrideBudget(budget.id, Number(minutes), reason.trim()), [[BUDGETS]], onClose);
  return (
    <FormDialog title="Let calls through for a while" open onOpenChange={onClose} action="Let them through" pending={save.isPending} error={save.error} disabled={reason.trim() === ""} onSubmit={() => save.mutate()}>
      <p className="text-sm text-muted">The budget stops nothing in that time, whatever was spent. It goes on counting and telling, and your name and reason go into the audit log.</p>
      <SelectField label="For" value={minutes} options={SPANS} onChange={setMinutes} />
      <TextField label="Reason" value={reason} onChange={setReason} required autoFocus maxLength={1000} placeholder="launch day" />
    </FormDialog>
  );
}

function RemoveDialog({ budget, onClose }: { budget: Budget; onClose: () => void }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const remove = useChange(() => removeBudget(budget.id), [[BUDGETS, "list"]], () => void navigate(paths.budgets()));
  return (
    <TypedConfirm
      title="Remove this budget?"
      text="Nothing is limited by it from then on, and its history goes with it. The audit log keeps what it was."
      word={budget.name}
      typed={typed}
      onType={setTyped}
      action="Remove it"
      open
      onOpenChange={onClose}
      pending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    />
  );
}
