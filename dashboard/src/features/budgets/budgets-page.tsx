import { Link } from "@tanstack/react-router";
import { Plus, Wallet } from "lucide-react";

import { useRefusal } from "@/access/me";
import type { Budget } from "@/api/control-types";
import { formatShare } from "@/format/count";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { PageHeader } from "@/ui/page";
import { ReadOnlyNote } from "@/ui/settings";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";

import { BarLegend, BudgetBar } from "./budget-bar";
import { EnforcementCard } from "./enforcement";
import { useBudgets } from "./queries";
import { closestFirst, formatAmount, outlookOf, STATES } from "./words";

/** Every limit, who is close first. */
export function BudgetsPage() {
  const query = useBudgets();
  const refusal = useRefusal("budgets:write");
  const budgets = query.data ?? [];
  return (
    <>
      <PageHeader title="Budgets" note={<span className="hidden lg:inline">Limits on what is spent, kept before the call is made.</span>}>
        {refusal === null && budgets.length > 0 && <NewBudget />}
      </PageHeader>
      <div className="flex flex-col gap-3 px-4 pb-10 md:px-6">
        <ReadOnlyNote reason={refusal} />
        <Card>
          {query.error !== null && query.data === undefined ? (
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          ) : query.data === undefined ? (
            <SkeletonRows label="Loading budgets" />
          ) : budgets.length === 0 ? (
            <EmptyState icon={<Wallet />} title="No budget yet">
              <p>A budget tells you at 50, 80, 90 and 100 % of a limit, and can slow calls down, move them to a cheaper model, or stop them before they cost anything.</p>
              {refusal === null && <NewBudget />}
            </EmptyState>
          ) : (
            <ul aria-label="Budgets" className="divide-y divide-line">
              {closestFirst(budgets).map((budget) => (
                <BudgetRow key={budget.id} budget={budget} />
              ))}
            </ul>
          )}
        </Card>
        {budgets.length > 0 && <BarLegend />}
        <EnforcementCard mayChange={refusal === null} />
      </div>
    </>
  );
}

function NewBudget() {
  return (
    <Button look="primary" asChild>
      <Link {...paths.newBudget()}>
        <Plus />
        New budget
      </Link>
    </Button>
  );
}

function BudgetRow({ budget }: { budget: Budget }) {
  const state = STATES[budget.state];
  return (
    <li>
      <Link {...paths.budget(budget.id)} className="grid gap-x-6 gap-y-2 px-4 py-3.5 outline-offset-[-2px] hover:bg-hover md:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
        <div className="min-w-0">
          <div className="flex min-w-0 items-center gap-2">
            <h2 className="truncate text-sm font-semibold">{budget.name}</h2>
            <Badge tone={state.tone}>{state.label}</Badge>
            {budget.scope.project_id === null && <Badge>every project</Badge>}
          </div>
          <p className="mt-0.5 text-xs text-muted">{budget.describes}.</p>
        </div>
        <div className="min-w-0">
          <div className="flex flex-wrap items-baseline gap-x-2 text-sm tabular">
            <span className="font-semibold">{formatAmount(budget.spent, budget.unit)}</span>
            <span className="text-muted">of {formatAmount(budget.limit, budget.unit)}</span>
            {budget.held > 0 && <span className="text-xs text-muted">+ {formatAmount(budget.held, budget.unit)} held</span>}
            <span className="ml-auto font-medium">{formatShare(budget.spent + budget.held, budget.limit)}</span>
          </div>
          <BudgetBar budget={budget} />
          <p className="mt-0.5 text-xs text-muted">{outlookOf(budget, new Date())}</p>
        </div>
      </Link>
    </li>
  );
}
