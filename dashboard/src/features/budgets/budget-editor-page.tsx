import { useNavigate, useParams } from "@tanstack/react-router";

import { useRefusal } from "@/access/me";
import { changeBudget, createBudget } from "@/api/budget-endpoints";
import type { Budget } from "@/api/control-types";
import { useChange } from "@/api/use-change";
import { paths } from "@/paths";
import { EVERY_CALL, givenScope } from "@/scope/call-scope";
import { PageHeader } from "@/ui/page";
import { ReadOnlyNote } from "@/ui/settings";
import { ErrorState, SkeletonRows } from "@/ui/state";

import { BudgetForm } from "./budget-form";
import { BUDGETS, useBudget } from "./queries";
import { rollingOf, type Draft } from "./words";

const FIRST: Draft = {
  name: "", scope: EVERY_CALL, period: "month", time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, unit: "usd", limit: "",
  thresholds: "50, 80, 90, 100", action: "notify", downgrade_to: "", hard_stop: false, per: null, ...rollingOf(null),
};

export function NewBudgetPage() {
  const navigate = useNavigate();
  const refusal = useRefusal("budgets:write");
  const save = useChange(createBudget, [[BUDGETS]], (made) => void navigate(paths.budget(made.id)));
  return (
    <>
      <PageHeader title="New budget" />
      <div className="px-4 pb-10 md:px-6">
        <ReadOnlyNote reason={refusal} />
        {refusal === null && <BudgetForm first={FIRST} action="Make this budget" pending={save.isPending} error={save.error} onSave={save.mutate} onCancel={() => void navigate(paths.budgets())} />}
      </div>
    </>
  );
}

export function EditBudgetPage() {
  const { budgetId } = useParams({ from: "/budgets/$budgetId/edit" });
  const query = useBudget(budgetId);
  const refusal = useRefusal("budgets:write");
  if (query.error !== null && query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows label="Loading budget" />;
  return (
    <>
      <PageHeader title={`Edit ${query.data.name}`} />
      <div className="px-4 pb-10 md:px-6">
        <ReadOnlyNote reason={refusal} />
        {refusal === null && <EditForm budget={query.data} />}
      </div>
    </>
  );
}

function EditForm({ budget }: { budget: Budget }) {
  const navigate = useNavigate();
  const back = () => void navigate(paths.budget(budget.id));
  const save = useChange((wish: Parameters<typeof createBudget>[0]) => changeBudget(budget.id, wish), [[BUDGETS]], back);
  return <BudgetForm first={draftOf(budget)} action="Save changes" pending={save.isPending} error={save.error} onSave={save.mutate} onCancel={back} recounts />;
}

function draftOf(budget: Budget): Draft {
  const { name, period, time_zone, unit, action, hard_stop, per } = budget;
  return {
    name, period, time_zone, unit, action, hard_stop, per, scope: givenScope(budget.scope), limit: String(budget.limit),
    thresholds: budget.thresholds.join(", "), downgrade_to: budget.downgrade_to ?? "", ...rollingOf(budget.rolling_s),
  };
}
