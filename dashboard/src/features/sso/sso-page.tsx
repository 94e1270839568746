import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Building2, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { useOrganisationRefusal } from "@/access/me";
import { fetchProviders, removeProvider } from "@/api/identity-endpoints";
import type { SsoProvider } from "@/api/types";
import { useChange } from "@/api/use-change";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Confirm } from "@/ui/dialog";
import { FormProblem } from "@/ui/form";
import { Loaded, ReadOnlyNote, Row, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { ProviderDialog } from "./provider-dialog";

/** By which providers the organisation's people sign in. */
export function SsoPage() {
  const { organisationId } = useParams({ from: "/organisations/$organisationId/sso" });
  const refusal = useOrganisationRefusal(organisationId, "organisation:write");
  const query = useQuery({ queryKey: ["sso", organisationId], queryFn: ({ signal }) => fetchProviders(organisationId, signal), enabled: refusal === null });
  const [editing, setEditing] = useState<SsoProvider | "new" | null>(null);
  if (refusal !== null) {
    return (
      <SettingsBody>
        <ReadOnlyNote reason={refusal} />
      </SettingsBody>
    );
  }
  return (
    <SettingsBody>
      <Section
        title="Sign-on providers"
        note="OpenID Connect: Entra ID, Google, Okta, Keycloak, Authentik and others. People with an address of a provider’s domains are offered its button."
        actions={
          <Button look="primary" onClick={() => setEditing("new")}>
            <Plus />
            Add a provider
          </Button>
        }
      >
        <Loaded query={query} label="Loading providers">
          {(providers) =>
            providers.length === 0 ? (
              <EmptyState icon={<Building2 />} title="No provider yet">
                People sign in by link or password. With a provider, new colleagues get in by themselves, with the role that their groups give them.
              </EmptyState>
            ) : (
              <Rows label="Sign-on providers">
                {providers.map((provider) => (
                  <ProviderRow key={provider.id} provider={provider} organisationId={organisationId} onEdit={() => setEditing(provider)} />
                ))}
              </Rows>
            )
          }
        </Loaded>
      </Section>
      <Hints />
      {editing !== null && <ProviderDialog organisationId={organisationId} provider={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </SettingsBody>
  );
}

function ProviderRow({ provider, organisationId, onEdit }: { provider: SsoProvider; organisationId: string; onEdit: () => void }) {
  const drop = useChange(() => removeProvider(organisationId, provider.id), [["sso", organisationId]]);
  return (
    <Row
      actions={
        <>
          <IconButton label={`Change ${provider.name}`} onClick={onEdit}>
            <Pencil />
          </IconButton>
          <Confirm
            trigger={
              <IconButton label={`Remove ${provider.name}`} disabled={drop.isPending}>
                <Trash2 />
              </IconButton>
            }
            title={`Remove ${provider.name}?`}
            text="Nobody signs in by it any more. Who did stays a member, and can use links or a password."
            action="Remove"
            danger
            onConfirm={() => drop.mutate()}
          />
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium">{provider.name}</span>
        {provider.email_domains.map((domain) => (
          <Badge key={domain} tone={provider.unconfirmed_domains.includes(domain) ? "warn" : "neutral"}>
            {domain}
            {provider.unconfirmed_domains.includes(domain) && " not confirmed"}
          </Badge>
        ))}
      </div>
      <div className="truncate text-xs text-muted">{provider.issuer}</div>
      <div className="mt-1 flex items-center gap-1 text-xs text-muted">
        <span className="shrink-0">Redirect URI</span>
        <code className="truncate font-mono" title={provider.redirect_uri}>{provider.redirect_uri}</code>
        <CopyButton text={provider.redirect_uri} label="Copy redirect URI" />
      </div>
      {provider.unconfirmed_domains.length > 0 && (
        <p className="mt-1 text-xs text-warn">
          Nobody signs in with an unconfirmed domain yet. Whoever runs Lynex confirms it: <code className="font-mono">lynex sso confirm-domain {organisationId} {provider.unconfirmed_domains[0]}</code>
        </p>
      )}
      <FormProblem error={drop.error} />
    </Row>
  );
}

function Hints() {
  return (
    <Section title="Set one up, and test it">
      <ol className="list-decimal space-y-1.5 py-4 pr-4 pl-9 text-sm text-muted">
        <li>At your provider, register a web application with the scopes openid, email and profile. Copy its client id and secret.</li>
        <li>Add the provider here. Its row then shows the redirect URI: allow exactly that one at your provider.</li>
        <li>To test, open the sign-in page in a private window, type an address of the domain, and use the provider’s button.</li>
        <li>When it does not let you in, the audit log says why, under sso.</li>
      </ol>
    </Section>
  );
}
