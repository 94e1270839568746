import { Ban, Pencil, RefreshCcw } from "lucide-react";

import { revokeKey } from "@/api/identity-endpoints";
import type { ApiKey } from "@/api/types";
import { useChange } from "@/api/use-change";
import { formatFullTime } from "@/format/time";
import { formatDay, formatDistance } from "@/format/until";
import { Badge, type Tone } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { FormProblem } from "@/ui/form";
import { Row } from "@/ui/settings";

const TONES: Record<ApiKey["state"], Tone> = { works: "good", rotated: "warn", expired: "neutral", revoked: "neutral" };

export function KeyRow({ apiKey: key, mayChange, onEdit, onRotate }: { apiKey: ApiKey; mayChange: boolean; onEdit: () => void; onRotate: () => void }) {
  const revoke = useChange(() => revokeKey(key.id), [["keys"]]);
  const works = key.state === "works" || key.state === "rotated";
  return (
    <Row
      actions={
        mayChange &&
        works && (
          <>
            {key.state === "works" && (
              <>
                <IconButton label={`Change ${key.name}`} onClick={onEdit}>
                  <Pencil />
                </IconButton>
                <IconButton label={`Rotate ${key.name}`} onClick={onRotate}>
                  <RefreshCcw />
                </IconButton>
              </>
            )}
            <Confirm
              trigger={
                <IconButton label={`Revoke ${key.name}`} disabled={revoke.isPending}>
                  <Ban />
                </IconButton>
              }
              title={`Revoke ${key.name}?`}
              text="It stops within a second, everywhere, for good. What sends with it is refused from then on."
              action="Revoke"
              danger
              onConfirm={() => revoke.mutate()}
            />
          </>
        )
      }
    >
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium break-words">{key.name}</span>
        <code className="font-mono text-xs text-muted">{key.prefix}…</code>
        {key.state !== "works" && <Badge tone={TONES[key.state]}>{key.state}</Badge>}
        {key.scopes.map((scope) => (
          <Badge key={scope}>{scope}</Badge>
        ))}
      </div>
      <div className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-muted">
        <span title={key.last_used_at === null ? undefined : formatFullTime(key.last_used_at)}>{key.last_used_at === null ? "Never used" : `Last used ${formatDistance(key.last_used_at, new Date())}`}</span>
        <span>Made on {formatDay(key.created_at)}</span>
        {key.revoked_at !== null ? <span>Revoked {formatDistance(key.revoked_at, new Date())}</span> : key.expires_at !== null && <Ending key_={key} />}
        {key.allowed_networks.length > 0 && <span className="break-all">Only from {key.allowed_networks.join(", ")}</span>}
      </div>
      <FormProblem error={revoke.error} />
    </Row>
  );
}

function Ending({ key_: { expires_at, replaced_by } }: { key_: ApiKey }) {
  if (expires_at === null) return null;
  const when = formatDistance(expires_at, new Date());
  return (
    <span title={formatFullTime(expires_at)} className={replaced_by === null ? undefined : "text-warn"}>
      {replaced_by === null ? `Ends ${when}` : `Was rotated: ends ${when}`}
    </span>
  );
}
