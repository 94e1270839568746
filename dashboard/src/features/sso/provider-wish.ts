/** A provider as it is typed, and as the API takes it. Pure. */
import type { Role, SsoProvider, SsoProviderWish } from "@/api/types";

export interface ProviderDraft {
  name: string;
  issuer: string;
  client_id: string;
  client_secret: string;
  domains: string;
  role_claim: string;
  mapping: readonly { value: string; role: Role }[];
  default_role: Role | "";
}

export function draftOf(provider: SsoProvider | null): ProviderDraft {
  return {
    name: provider?.name ?? "",
    issuer: provider?.issuer ?? "",
    client_id: provider?.client_id ?? "",
    client_secret: "",
    domains: (provider?.email_domains ?? []).join(", "),
    role_claim: provider?.role_claim ?? "",
    mapping: Object.entries(provider?.role_mapping ?? {}).map(([value, role]) => ({ value, role })),
    default_role: provider === null ? "member" : (provider.default_role ?? ""),
  };
}

/** An empty secret keeps the one that is there. */
export function wishOf(draft: ProviderDraft): SsoProviderWish {
  return {
    name: draft.name.trim(),
    issuer: draft.issuer.trim().replace(/\/\.well-known\/openid-configuration$/, ""),
    client_id: draft.client_id.trim(),
    client_secret: draft.client_secret === "" ? null : draft.client_secret,
    email_domains: draft.domains.split(/[\s,]+/).filter(Boolean),
    role_claim: draft.role_claim.trim(),
    role_mapping: Object.fromEntries(draft.mapping.filter((row) => row.value.trim() !== "").map((row) => [row.value.trim(), row.role])),
    default_role: draft.default_role === "" ? null : draft.default_role,
  };
}
