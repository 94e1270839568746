import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";

import { useKnownKey } from "@/access/fresh-key";
import { useMe } from "@/access/me";
import type { Me } from "@/api/types";
import { paths } from "@/paths";
import { gatewaySnippetsFor } from "@/snippets/gateway-snippets";
import { KeyOffer } from "@/snippets/key-offer";
import { maskedKey, snippetsFor } from "@/snippets/snippets";
import { SnippetTabs } from "@/snippets/snippet-tabs";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, CardHeader } from "@/ui/card";
import { CopyButton } from "@/ui/copy-button";
import { PageHeader } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/state";
import { Segmented } from "@/ui/tabs";

const WAYS = [
  { value: "app", label: "From your app" },
  { value: "gateway", label: "Through the gateway" },
] as const;

const MEANINGS = {
  app: "Your app calls its provider itself and sends what it did here, with the SDK or with OpenTelemetry.",
  gateway: "Change the base URL and the key of a client, and nothing else. Its calls go through Lynex, which records them, prices them, and stops them where a budget is used up.",
} as const;

/** How to send calls here: address, key, snippets. */
export function ConnectPage() {
  const { via } = useSearch({ from: "/connect" });
  const navigate = useNavigate();
  const way = via ?? "app";
  const [revealed, setRevealed] = useState(false);
  const me = useMe();
  const key = useKnownKey(me.data?.project_id ?? null);
  return (
    <>
      <PageHeader title="Connect" note={<span className="hidden sm:inline">Send your first call, or the next app’s.</span>} />
      <div className="grid max-w-5xl gap-4 px-4 pb-8 md:px-6 lg:grid-cols-[1fr_300px]">
        <Card>
          <CardHeader title="Send calls" {...(key === null ? {} : { note: "Copies carry the real key" })}>
            {key !== null && (
              <Button size="sm" look="ghost" onClick={() => setRevealed(!revealed)}>
                {revealed ? <EyeOff /> : <Eye />}
                {revealed ? "Hide key" : "Show key"}
              </Button>
            )}
          </CardHeader>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-1 pb-3">
            <Segmented label="Way" value={way} options={WAYS} onChange={(chosen) => void navigate({ ...paths.connect(chosen === "gateway" ? "gateway" : undefined), replace: true })} />
            <p className="min-w-0 flex-1 basis-72 text-sm text-muted">{MEANINGS[way]}</p>
          </div>
          {key === null && (
            <div className="border-b border-line px-4 pt-1 pb-3">
              <KeyOffer known={null} />
            </div>
          )}
          <SnippetTabs key={way} make={way === "gateway" ? gatewaySnippetsFor : snippetsFor} baseUrl={window.location.origin} apiKey={key} revealed={revealed} />
        </Card>
        <div className="flex flex-col gap-4">
          <Card className="p-4">
            <dl className="flex flex-col gap-3">
              <Copyable label="Address" shown={window.location.origin} copied={window.location.origin} />
              {key !== null && <Copyable label="API key" shown={revealed ? key : maskedKey(key)} copied={key} />}
            </dl>
          </Card>
          {me.isError ? <ErrorState compact error={me.error} onRetry={() => void me.refetch()} /> : <Identity me={me.data} />}
        </div>
      </div>
    </>
  );
}

function Copyable({ label, shown, copied }: { label: string; shown: string; copied: string }) {
  return (
    <div>
      <dt className="label-caps">{label}</dt>
      <dd className="flex items-center gap-1">
        <code className="min-w-0 flex-1 font-mono text-xs break-all">{shown}</code>
        <CopyButton text={copied} label={`Copy ${label}`} />
      </dd>
    </div>
  );
}

function Identity({ me }: { me: Me | undefined }) {
  return (
    <Card className="p-4">
      <dl className="flex flex-col gap-3">
        <div>
          <dt className="label-caps">Project</dt>
          <dd className="font-medium">{me?.project_name ?? <Skeleton className="h-4 w-24" />}</dd>
        </div>
        {me?.kind === "user" ? (
          <div>
            <dt className="label-caps">Keys</dt>
            <dd>
              {me.permissions.includes("keys:read") ? (
                <Link {...paths.keys()} className="text-accent-text underline underline-offset-2">
                  See and manage its API keys
                </Link>
              ) : (
                "Ask an admin for one."
              )}
            </dd>
          </div>
        ) : (
          <>
            <div>
              <dt className="label-caps">Key in this browser</dt>
              <dd>{me?.api_key_name ?? <Skeleton className="h-4 w-24" />}</dd>
            </div>
            <div>
              <dt className="label-caps mb-1">May</dt>
              <dd className="flex flex-wrap gap-1">
                {me?.scopes?.map((scope) => (
                  <Badge key={scope}>{scope}</Badge>
                ))}
              </dd>
            </div>
          </>
        )}
      </dl>
    </Card>
  );
}
