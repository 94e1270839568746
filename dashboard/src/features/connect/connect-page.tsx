import { Eye, EyeOff, LogOut } from "lucide-react";
import { useState, useSyncExternalStore } from "react";

import { apiKey, onApiKeyChange, setApiKey } from "@/api/key";
import { maskedKey } from "@/snippets/snippets";
import { SnippetTabs } from "@/snippets/snippet-tabs";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Card, CardHeader } from "@/ui/card";
import { CopyButton } from "@/ui/copy-button";
import { Confirm } from "@/ui/dialog";
import { PageHeader } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/state";

import { useIdentity } from "./queries";

/** How to send calls here: address, key, snippets. */
export function ConnectPage() {
  const [revealed, setRevealed] = useState(false);
  const key = useSyncExternalStore(onApiKeyChange, apiKey) ?? "";
  return (
    <>
      <PageHeader title="Connect" note="Send your first call, or the next app’s." />
      <div className="grid max-w-5xl gap-4 px-4 pb-8 md:px-6 lg:grid-cols-[1fr_300px]">
        <Card>
          <CardHeader title="Send calls" note="Copies carry the real key">
            <Button size="sm" look="ghost" onClick={() => setRevealed(!revealed)}>
              {revealed ? <EyeOff /> : <Eye />}
              {revealed ? "Hide key" : "Show key"}
            </Button>
          </CardHeader>
          <SnippetTabs baseUrl={window.location.origin} apiKey={key} revealed={revealed} />
        </Card>
        <div className="flex flex-col gap-4">
          <Card className="p-4">
            <dl className="flex flex-col gap-3">
              <Copyable label="Address" shown={window.location.origin} copied={window.location.origin} />
              <Copyable label="API key" shown={revealed ? key : maskedKey(key)} copied={key} />
            </dl>
          </Card>
          <Identity />
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

function Identity() {
  const me = useIdentity();
  if (me.isError) return <ErrorState compact error={me.error} onRetry={() => void me.refetch()} />;
  return (
    <Card className="p-4">
      <dl className="flex flex-col gap-3">
        <div>
          <dt className="label-caps">Project</dt>
          <dd className="font-medium">{me.data?.project_name ?? <Skeleton className="h-4 w-24" />}</dd>
        </div>
        <div>
          <dt className="label-caps">Key in this browser</dt>
          <dd className="flex items-center justify-between gap-2">
            {me.data?.api_key_name ?? <Skeleton className="h-4 w-24" />}
            <Confirm
              trigger={
                <IconButton label="Forget this key" size="icon-sm">
                  <LogOut />
                </IconButton>
              }
              title="Forget the key?"
              text="This browser forgets it and asks again. The key itself stays valid."
              action="Forget it"
              onConfirm={() => setApiKey(null)}
            />
          </dd>
        </div>
        <div>
          <dt className="label-caps mb-1">May</dt>
          <dd className="flex flex-wrap gap-1">
            {me.data?.scopes.map((scope) => (
              <Badge key={scope}>{scope}</Badge>
            ))}
          </dd>
        </div>
      </dl>
    </Card>
  );
}
