import { useQuery } from "@tanstack/react-query";

import { useMe } from "@/access/me";
import { organisationRole } from "@/access/may";
import { fetchBudget, fetchBudgetHistory, fetchBudgets } from "@/api/budget-endpoints";

/** The first element of every key about budgets: what changes one makes all of them stale. */
export const BUDGETS = "budgets";

const REFRESH_MS = 5_000;

export const useBudgets = () => useQuery({ queryKey: [BUDGETS, "list"], queryFn: ({ signal }) => fetchBudgets(signal), refetchInterval: REFRESH_MS });

export const useBudget = (id: string) => useQuery({ queryKey: [BUDGETS, "one", id], queryFn: ({ signal }) => fetchBudget(id, signal), refetchInterval: REFRESH_MS });

export const useBudgetHistory = (id: string) => useQuery({ queryKey: [BUDGETS, "history", id], queryFn: ({ signal }) => fetchBudgetHistory(id, signal), refetchInterval: 4 * REFRESH_MS });

/** What the visitor may say of other projects and keys. */
export function useReach(): { mayReachAll: boolean; mayReadKeys: boolean } {
  const me = useMe().data;
  return {
    mayReachAll: me?.kind === "user" && me.organisation_id !== null && organisationRole(me, me.organisation_id) !== null,
    mayReadKeys: me?.permissions.includes("keys:read") === true,
  };
}
