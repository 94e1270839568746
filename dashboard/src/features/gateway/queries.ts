import { useQuery } from "@tanstack/react-query";

import { fetchCallableNames, fetchGatewayRoutes, fetchGatewaySettings, fetchProviders } from "@/api/gateway-endpoints";

/** The first elements of the keys about the gateway. */
export const PROVIDERS = "gateway-providers";
export const ROUTES = "gateway-routes";
export const NAMES = "gateway-names";
export const SETTINGS = "gateway-settings";

/** What a change of providers or routes concerns. */
export const CONFIGURED = [[PROVIDERS], [ROUTES], [NAMES]] as const;

export const useProviders = () => useQuery({ queryKey: [PROVIDERS], queryFn: ({ signal }) => fetchProviders(signal) });
export const useRoutes = () => useQuery({ queryKey: [ROUTES, "list"], queryFn: ({ signal }) => fetchGatewayRoutes(signal) });
export const useSettings = () => useQuery({ queryKey: [SETTINGS], queryFn: ({ signal }) => fetchGatewaySettings(signal) });
export const useCallableNames = () => useQuery({ queryKey: [NAMES], queryFn: ({ signal }) => fetchCallableNames(signal) });
