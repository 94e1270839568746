/** Prices: of the sources and of one's own, what has none, and history priced again. */
import { get, post, put, remove } from "./client";
import type {
  Calculated,
  Calculation,
  OwnPrice,
  OwnPriceWish,
  PricedModel,
  Prices,
  ProviderReport,
  Reconciliation,
  Repricing,
  RepricingSummary,
  RepricingWish,
  SourceDifferences,
  UnpricedModel,
  UnpricedWish,
} from "./control-types";

const id = encodeURIComponent;

interface Items<T> {
  items: T[];
}

export const searchPrices = (query: string, limit: number, signal?: AbortSignal) => get<Prices>("/v1/prices", { query, limit }, signal);

export const calculatePrice = (calculation: Calculation) => post<Calculated>("/v1/prices/calculate", calculation);

export const fetchOwnPrices = async (removed: boolean, signal?: AbortSignal) => (await get<Items<OwnPrice>>("/v1/prices/overrides", removed ? { removed } : {}, signal)).items;

/** Of one project, or of an organisation: for every project of it. */
const ownPrices = (organisationId: string | null) => (organisationId === null ? "/v1/prices/overrides" : `/v1/organisations/${id(organisationId)}/prices/overrides`);

export const createOwnPrice = (wish: OwnPriceWish, organisationId: string | null) => post<OwnPrice>(ownPrices(organisationId), wish);

export const changeOwnPrice = (priceId: string, wish: OwnPriceWish, organisationId: string | null) => put<OwnPrice>(`${ownPrices(organisationId)}/${id(priceId)}`, wish);

export const removeOwnPrice = (priceId: string, organisationId: string | null) => remove(`${ownPrices(organisationId)}/${id(priceId)}`);

export const fetchUnpriced = async (days: number, signal?: AbortSignal) => (await get<Items<UnpricedModel>>("/v1/prices/unpriced", { days }, signal)).items;

export const priceUnpriced = (wish: UnpricedWish) => post<PricedModel>("/v1/prices/unpriced/price", wish);

export const reprice = (wish: RepricingWish) => post<Repricing>("/v1/prices/reprice", wish);

export const fetchRepricings = async (signal?: AbortSignal) => (await get<Items<RepricingSummary>>("/v1/prices/reprice", {}, signal)).items;

export const fetchRepricing = (repricingId: string, signal?: AbortSignal) => get<Repricing>(`/v1/prices/reprice/${id(repricingId)}`, {}, signal);

export const cancelRepricing = (repricingId: string) => post<Repricing>(`/v1/prices/reprice/${id(repricingId)}/cancel`);

export const fetchSourceDifferences = (signal?: AbortSignal) => get<SourceDifferences>("/v1/prices/sources/differences", {}, signal);

export const compareSources = () => post<SourceDifferences>("/v1/prices/sources/differences");

export const fetchReports = async (signal?: AbortSignal) => (await get<Items<ProviderReport>>("/v1/prices/reports", {}, signal)).items;

export const importReport = (name: string, content: string) => post<ProviderReport>("/v1/prices/reports", { name, content });

export const removeReport = (reportId: string) => remove(`/v1/prices/reports/${id(reportId)}`);

export type Reconcilable = "openai" | "anthropic";

export const fetchReconciliation = (provider: Reconcilable, from: string, to: string, signal?: AbortSignal) =>
  get<Reconciliation>("/v1/prices/reconciliation", { provider, from, to }, signal);
