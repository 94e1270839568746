/** Budgets and the kill switch. */
import { get, post, put, remove } from "./client";
import type { Budget, BudgetHistory, BudgetWish, CallScope, Enforcement, EnforcementMode, KillHook, KillHookWish, KillSwitch, KillSwitchPreview, KillSwitchWish, NewKillHook, WouldBlock } from "./control-types";

const id = encodeURIComponent;

interface Items<T> {
  items: T[];
}

export const fetchBudgets = async (signal?: AbortSignal) => (await get<Items<Budget>>("/v1/budgets", {}, signal)).items;

export const fetchBudget = (budgetId: string, signal?: AbortSignal) => get<Budget>(`/v1/budgets/${id(budgetId)}`, {}, signal);

export const fetchBudgetHistory = (budgetId: string, signal?: AbortSignal) => get<BudgetHistory>(`/v1/budgets/${id(budgetId)}/history`, {}, signal);

/** What such a budget would do, in words. Raises `ApiError` with the field that is wrong. */
export const describeBudget = async (wish: BudgetWish, signal?: AbortSignal) => (await post<{ describes: string }>("/v1/budgets/describe", wish, { signal })).describes;

export const createBudget = (wish: BudgetWish) => post<Budget>("/v1/budgets", wish);

export const changeBudget = (budgetId: string, wish: BudgetWish) => put<Budget>(`/v1/budgets/${id(budgetId)}`, wish);

export const removeBudget = (budgetId: string) => remove(`/v1/budgets/${id(budgetId)}`);

export const overrideBudget = (budgetId: string, minutes: number, reason: string) => post<Budget>(`/v1/budgets/${id(budgetId)}/override`, { minutes, reason });

export const endOverride = (budgetId: string) => remove<Budget>(`/v1/budgets/${id(budgetId)}/override`);

/** The key of what SDKs of the project do. */
export const ENFORCEMENT = "enforcement";

export const fetchEnforcement = (signal?: AbortSignal) => get<Enforcement>("/v1/control/enforcement", {}, signal);

export const changeEnforcement = (mode: EnforcementMode) => put<Enforcement>("/v1/control/enforcement", { mode });

/** The first element of every key about kill switches, in the shell and on their page. */
export const KILL_SWITCHES = "kill-switches";

export const fetchKillSwitches = async (active: boolean, signal?: AbortSignal) =>
  (await get<Items<KillSwitch>>("/v1/kill-switch", active ? { active } : {}, signal)).items;

export const previewKillSwitch = (scope: CallScope, allow_routes: readonly string[], minutes: number, signal?: AbortSignal) =>
  post<KillSwitchPreview>("/v1/kill-switch/preview", { scope, allow_routes, minutes }, { signal });

export const triggerKillSwitch = (wish: KillSwitchWish) => post<KillSwitch>("/v1/kill-switch/trigger", wish);

export const releaseKillSwitch = (switchId: string) => post<KillSwitch>(`/v1/kill-switch/${id(switchId)}/release`);

export const fetchWouldBlock = (switchId: string, signal?: AbortSignal) => get<WouldBlock>(`/v1/kill-switch/${id(switchId)}/would-block`, {}, signal);

export const fetchKillHooks = async (signal?: AbortSignal) => (await get<Items<KillHook>>("/v1/kill-switch/hooks", {}, signal)).items;

export const createKillHook = (wish: KillHookWish) => post<NewKillHook>("/v1/kill-switch/hooks", wish);

export const revokeKillHook = (hookId: string) => remove(`/v1/kill-switch/hooks/${id(hookId)}`);
