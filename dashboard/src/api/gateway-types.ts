/** The wire types of the gateway by short names. Their source is generated.ts. */
import type { components } from "./generated";

type Schemas = components["schemas"];

export type GatewayProvider = Schemas["GatewayProviderShown"];
export type GatewayProviderWish = Schemas["ProviderInput"];
export type ProviderKind = GatewayProvider["kind"];
export type ProviderKey = GatewayProvider["keys"][number];
export type ProviderKeyWish = Schemas["KeyInput"];
export type ProviderKeyChange = Schemas["ProviderKeyChange"];
export type Probe = Schemas["ProbeShown"];

export type GatewayRoute = Schemas["RouteShown"];
export type GatewayRouteWish = Schemas["RouteInput"];
export type RouteTarget = Schemas["TargetShape"];
export type Guardrails = Schemas["GuardrailsInput"];

export type GatewaySettings = Schemas["SettingsShown"];
export type GatewaySettingsWish = Schemas["SettingsInput"];
export type RateRule = Schemas["RateRuleShape"];
export type GatewaySummary = Schemas["GatewaySummary"];
export type CallableName = Schemas["NameShown"];
