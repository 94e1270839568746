/** What the gateway is configured with. Calls through it are in gateway-call.ts. */
import { get, post, put, remove, type Parameters } from "./client";
import type {
  CallableName, GatewayProvider, GatewayProviderWish, GatewayRoute, GatewayRouteWish, GatewaySettings, GatewaySettingsWish, GatewaySummary, Probe, ProviderKey, ProviderKeyChange, ProviderKeyWish,
} from "./gateway-types";

const id = encodeURIComponent;

interface Items<T> {
  items: T[];
}

export const fetchProviders = async (signal?: AbortSignal) => (await get<Items<GatewayProvider>>("/v1/gateway/providers", {}, signal)).items;

export const saveProvider = (providerId: string | null, wish: GatewayProviderWish) =>
  providerId === null ? post<GatewayProvider>("/v1/gateway/providers", wish) : put<GatewayProvider>(`/v1/gateway/providers/${id(providerId)}`, wish);

export const removeProvider = (providerId: string) => remove(`/v1/gateway/providers/${id(providerId)}`);

/** Asks the provider for its models, with one of its keys. What goes wrong there is part of the answer. */
export const testProvider = (providerId: string) => post<Probe>(`/v1/gateway/providers/${id(providerId)}/test`, {});

export const addProviderKey = (providerId: string, wish: ProviderKeyWish) => post<ProviderKey>(`/v1/gateway/providers/${id(providerId)}/keys`, wish);

export const changeProviderKey = (providerId: string, keyId: string, change: ProviderKeyChange) => put<ProviderKey>(`/v1/gateway/providers/${id(providerId)}/keys/${id(keyId)}`, change);

export const removeProviderKey = (providerId: string, keyId: string) => remove(`/v1/gateway/providers/${id(providerId)}/keys/${id(keyId)}`);

export const fetchGatewayRoutes = async (signal?: AbortSignal) => (await get<Items<GatewayRoute>>("/v1/gateway/routes", {}, signal)).items;

export const fetchGatewayRoute = (routeId: string, signal?: AbortSignal) => get<GatewayRoute>(`/v1/gateway/routes/${id(routeId)}`, {}, signal);

export const saveGatewayRoute = (routeId: string | null, wish: GatewayRouteWish) =>
  routeId === null ? post<GatewayRoute>("/v1/gateway/routes", wish) : put<GatewayRoute>(`/v1/gateway/routes/${id(routeId)}`, wish);

export const removeGatewayRoute = (routeId: string) => remove(`/v1/gateway/routes/${id(routeId)}`);

export const fetchGatewaySettings = (signal?: AbortSignal) => get<GatewaySettings>("/v1/gateway/settings", {}, signal);

export const saveGatewaySettings = (wish: GatewaySettingsWish) => put<GatewaySettings>("/v1/gateway/settings", wish);

/** What went through in a time: `range`, or `from` and `to`. */
export const fetchGatewaySummary = (time: Parameters, signal?: AbortSignal) => get<GatewaySummary>("/v1/gateway/summary", time, signal);

/** What callers may name as their model: routes, and patterns as `provider/model`. */
export const fetchCallableNames = async (signal?: AbortSignal) => (await get<Items<CallableName>>("/v1/gateway/models", {}, signal)).items;
