import { Pencil, Trash2 } from "lucide-react";

import { removeProvider, testProvider } from "@/api/gateway-endpoints";
import type { GatewayProvider, Probe } from "@/api/gateway-types";
import { useChange } from "@/api/use-change";
import { plural } from "@/format/count";
import { formatMs } from "@/format/duration";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";

import { FileBadge } from "../managed-by";
import { CONFIGURED } from "../queries";
import { boundsOf } from "./bounds";
import { kindOf } from "./kinds";
import { ProviderKeys } from "./provider-keys";

export function ProviderRow({ provider, mayChange, onEdit }: { provider: GatewayProvider; mayChange: boolean; onEdit: () => void }) {
  const test = useChange(() => testProvider(provider.id), []);
  const remove = useChange(() => removeProvider(provider.id), CONFIGURED);
  const isOurs = mayChange && provider.managed_by === "api";
  const problem = test.error ?? remove.error;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <div className="flex flex-wrap items-center gap-1.5">
          <h3 className="font-medium">{provider.name}</h3>
          <Badge>{kindOf(provider.kind).label}</Badge>
          {!provider.enabled && <Badge tone="warn">off</Badge>}
          {provider.managed_by === "file" && <FileBadge />}
        </div>
        <div className="mt-0.5 text-xs break-words text-muted">
          <code className="font-mono">{provider.base_url}</code>
          <span className="block">{boundsOf(provider)}</span>
        </div>
        {provider.models.length > 0 && (
          <ul aria-label={`Models of ${provider.name}`} className="mt-1.5 flex flex-wrap gap-1">
            {provider.models.slice(0, MODELS_SHOWN).map((pattern) => (
              <li key={pattern}>
                <Badge className="font-mono">{pattern}</Badge>
              </li>
            ))}
            {provider.models.length > MODELS_SHOWN && <li className="text-xs text-muted">and {provider.models.length - MODELS_SHOWN} more</li>}
          </ul>
        )}
        <ProviderKeys provider={provider} mayChange={isOurs} />
        {test.data !== undefined && <ProbeLine probe={test.data} />}
        {problem !== null && <p role="alert" className="mt-1 text-xs text-bad">{problem.message}</p>}
      </div>
      {mayChange && (
        <div className="flex items-center gap-1.5">
          <Button size="sm" aria-label={`Test ${provider.name}`} disabled={test.isPending} onClick={() => test.mutate()}>
            {test.isPending ? "Asking…" : "Test"}
          </Button>
          {isOurs && (
            <>
              <IconButton label={`Change ${provider.name}`} onClick={onEdit}>
                <Pencil />
              </IconButton>
              <Confirm
                trigger={
                  <IconButton label={`Remove ${provider.name}`} disabled={remove.isPending}>
                    <Trash2 />
                  </IconButton>
                }
                title={`Remove ${provider.name}?`}
                text="Its keys are forgotten with it. While a route leads to it, it stays."
                action="Remove"
                danger
                onConfirm={() => remove.mutate()}
              />
            </>
          )}
        </div>
      )}
    </li>
  );
}

const MODELS_SHOWN = 6;

function ProbeLine({ probe }: { probe: Probe }) {
  if (!probe.ok) {
    return (
      <p role="status" className="mt-1.5 text-xs text-bad">
        It did not work: {probe.message}
      </p>
    );
  }
  return (
    <div role="status" className="mt-1.5 text-xs text-good">
      It answers, in {formatMs(probe.latency_ms)}{probe.models.length > 0 && `, with ${plural(probe.models.length, "model")}`}.
      {probe.models.length > 0 && <span className="mt-0.5 block break-words text-muted">{probe.models.join(", ")}</span>}
    </div>
  );
}
