import { useQuery } from "@tanstack/react-query";
import { Plus, Webhook } from "lucide-react";
import { useState } from "react";

import { useMe } from "@/access/me";
import { createKillHook, fetchKillHooks, revokeKillHook } from "@/api/budget-endpoints";
import type { KillHook, NewKillHook } from "@/api/control-types";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { conditionsOf, EVERY_CALL } from "@/scope/call-scope";
import { CallScopeFields } from "@/scope/call-scope-fields";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Confirm } from "@/ui/dialog";
import { Checkbox, FormDialog, SelectField, TextArea, TextField } from "@/ui/form";
import { SecretDialog } from "@/ui/secret-dialog";
import { Loaded, Row, Rows, Section } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { minutesOf, routesOf, SPANS, type Draft } from "./wish";

const HOOKS_KEY = ["kill-hooks"];

/** Secret addresses by which Slack, a pager or a script stops calls. */
export function Hooks() {
  const query = useQuery({ queryKey: HOOKS_KEY, queryFn: ({ signal }) => fetchKillHooks(signal) });
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<NewKillHook | null>(null);
  return (
    <Section
      title="Webhook addresses"
      note="For a Slack command, a pager or a script: a POST stops the calls, one that begins with the word release lets them through again."
      actions={
        <Button onClick={() => setMaking(true)}>
          <Plus className="text-faint" />
          New address
        </Button>
      }
    >
      <Loaded query={query} label="Loading webhook addresses">
        {(hooks) =>
          hooks.length === 0 ? (
            <EmptyState icon={<Webhook />} title="No address yet">
              With one, whoever is on call can stop spending from a chat.
            </EmptyState>
          ) : (
            <Rows label="Webhook addresses">
              {hooks.map((hook) => (
                <HookRow key={hook.id} hook={hook} />
              ))}
            </Rows>
          )
        }
      </Loaded>
      {isMaking && (
        <HookDialog
          onClose={() => setMaking(false)}
          onMade={(hook) => {
            setMaking(false);
            setMade(hook);
          }}
        />
      )}
      {made !== null && <MadeDialog made={made} onDone={() => setMade(null)} />}
    </Section>
  );
}

function HookRow({ hook }: { hook: KillHook }) {
  const revoke = useChange(() => revokeKillHook(hook.id), [HOOKS_KEY]);
  const now = new Date();
  const stops = conditionsOf(hook.scope).map(({ label, value }) => `${label.toLowerCase()} ${value}`).join(", ");
  return (
    <Row
      actions={
        <Confirm
          trigger={
            <Button size="sm" look="danger" disabled={revoke.isPending}>
              Revoke
            </Button>
          }
          title={`Revoke “${hook.name}”?`}
          text="The address stops working at once. What it stopped stays stopped."
          action="Revoke"
          danger
          onConfirm={() => revoke.mutate()}
        />
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{hook.name}</span>
        {hook.signed && <Badge tone="good">signed</Badge>}
      </div>
      <div className="mt-0.5 text-xs text-muted">
        Stops {stops === "" ? "every call" : stops}
        {hook.allow_routes.length > 0 && ` but not ${hook.allow_routes.join(", ")}`}, {SPANS.find((span) => span.value === String(hook.minutes ?? ""))?.label ?? `for ${hook.minutes} minutes`} · made by {hook.created_by} · {hook.last_used_at === null ? "never used" : `last used ${formatListTime(hook.last_used_at, now)}`}
      </div>
      {revoke.error !== null && <p role="alert" className="mt-1 text-xs text-bad">{revoke.error.message}</p>}
    </Row>
  );
}

function HookDialog({ onClose, onMade }: { onClose: () => void; onMade: (made: NewKillHook) => void }) {
  const me = useMe().data;
  const [name, setName] = useState("");
  const [isSigned, setSigned] = useState(false);
  const [draft, setDraft] = useState<Draft>({ scope: EVERY_CALL, routes: "", reason: "", minutes: "" });
  const make = useChange(() => createKillHook({ name: name.trim(), scope: draft.scope, allow_routes: routesOf(draft.routes), minutes: minutesOf(draft.minutes), signed: isSigned }), [HOOKS_KEY], onMade);
  return (
    <FormDialog title="New webhook address" open onOpenChange={onClose} action="Make it" pending={make.isPending} error={make.error} disabled={name.trim() === ""} onSubmit={() => make.mutate()}>
      <TextField label="Name" value={name} onChange={setName} required autoFocus maxLength={200} placeholder="Slack /stop-ai" hint="Say what uses it, so that you know what stops working when you revoke it." />
      <CallScopeFields scope={draft.scope} onChange={(scope) => setDraft({ ...draft, scope })} mayReachAll={false} mayReadKeys={me?.permissions.includes("keys:read") === true} />
      <TextArea label="Routes that stay open (optional)" value={draft.routes} onChange={(routes) => setDraft({ ...draft, routes })} rows={2} placeholder="/health" />
      <SelectField label="Each stop holds" value={draft.minutes} options={SPANS} onChange={(minutes) => setDraft({ ...draft, minutes })} />
      <Checkbox label="Only take signed requests" hint="The caller signs time and body with a secret that you see once (X-Lynex-Timestamp and X-Lynex-Signature). Slack cannot; a script can." checked={isSigned} onChange={setSigned} />
    </FormDialog>
  );
}

function MadeDialog({ made, onDone }: { made: NewKillHook; onDone: () => void }) {
  const address = new URL(made.path, window.location.origin).href;
  return (
    <SecretDialog title={`“${made.hook.name}” is made`} label="Webhook address" secret={address} onDone={onDone}>
      <p>Copy it now: whoever knows it can stop these calls, and nobody can show it again.</p>
      {made.hmac_secret !== null && (
        <>
          <p className="mt-3">The secret to sign with:</p>
          <CodeBlock className="mt-1.5" code={made.hmac_secret} label="signing secret" wrap />
        </>
      )}
      <p className="mt-3">Try it, then release it with the word:</p>
      <CodeBlock className="mt-1.5" code={`curl -X POST -d 'release' ${address}`} label="command that releases" wrap />
    </SecretDialog>
  );
}
