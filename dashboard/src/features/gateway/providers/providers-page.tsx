import { Plus, Server } from "lucide-react";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import type { GatewayProvider } from "@/api/gateway-types";
import { Button } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Loaded, ReadOnlyNote, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { useProviders } from "../queries";
import { ProviderDialog } from "./provider-dialog";
import { ProviderRow } from "./provider-row";

/** Where the gateway's calls may go, and with which keys. */
export function ProvidersPage() {
  const query = useProviders();
  const refusal = useRefusal("gateway:write");
  const [editing, setEditing] = useState<GatewayProvider | "new" | null>(null);
  const add = refusal === null && (
    <Button look="primary" onClick={() => setEditing("new")}>
      <Plus />
      Add a provider
    </Button>
  );
  return (
    <>
      <PageHeader title="Providers" note={<span className="hidden lg:inline">Where the gateway’s calls go, and with which keys.</span>} />
      <SettingsBody wide>
        <ReadOnlyNote reason={refusal} />
        <Section title="Where calls may go" note="Somebody’s API, or a server of your own. What is changed holds from the next call on." actions={query.data?.length === 0 ? undefined : add}>
          <Loaded query={query} label="Loading providers">
            {(providers) =>
              providers.length === 0 ? (
                <EmptyState icon={<Server />} title="No provider yet">
                  <p>Add one with its key. Then point an app’s base URL here: every call is seen, priced and capped, and the provider’s key stays in the vault.</p>
                  {add}
                </EmptyState>
              ) : (
                <Rows label="Providers">
                  {providers.map((provider) => (
                    <ProviderRow key={provider.id} provider={provider} mayChange={refusal === null} onEdit={() => setEditing(provider)} />
                  ))}
                </Rows>
              )
            }
          </Loaded>
        </Section>
      </SettingsBody>
      {editing !== null && <ProviderDialog provider={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </>
  );
}
