/** The wire types of budgets, the kill switch and prices by short names. Their source is generated.ts. */
import type { components } from "./generated";

type Schemas = components["schemas"];

export type Budget = Schemas["BudgetShown"];
export type BudgetWish = Schemas["BudgetInput"];
export type BudgetHistory = Schemas["BudgetHistory"];
export type BudgetPeriod = Schemas["PeriodShown"];
export type BudgetEvent = Schemas["BudgetEventShown"];
export type Enforcement = Schemas["EnforcementShown"];
export type EnforcementMode = Enforcement["mode"];
export type CallScope = Schemas["ScopeInput"];
export type ShownScope = Schemas["ScopeShown"];

export type KillSwitch = Schemas["KillSwitchShown"];
export type KillSwitchWish = Schemas["KillSwitchInput"];
export type KillSwitchPreview = Schemas["Previewed"];
export type WouldBlock = Schemas["WouldBlock"];
export type KillHook = Schemas["HookShown"];
export type KillHookWish = Schemas["HookInput"];
export type NewKillHook = Schemas["NewHook"];

export type ListedPrice = Schemas["ListedPriceShape"];
export type ListedRate = Schemas["ListedRateShape"];
export type Prices = Schemas["Prices"];
export type OwnPrice = Schemas["OverrideShape"];
export type OwnPriceWish = Schemas["NewOverride"];
export type Terms = Schemas["TermsShape-Input"];
export type Calculation = Schemas["Calculation"];
export type Calculated = Schemas["Calculated"];
export type UnpricedModel = Schemas["UnpricedShape"];
export type UnpricedWish = Schemas["PriceUnpriced"];
export type PricedModel = Schemas["PricedModel"];
export type Repricing = Schemas["RepricingShape"];
export type RepricingSummary = Schemas["RepricingSummary"];
export type RepricingWish = Schemas["NewRepricing"];
export type PriceDifference = Schemas["DifferenceShape"];
export type SourceDifferences = Schemas["SourceDifferences"];
export type ProviderReport = Schemas["ReportShape"];
export type Reconciliation = Schemas["Reconciliation"];
export type Reconciled = Schemas["ReconciledShape"];
