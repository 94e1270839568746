import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";

import { keepFreshKey } from "@/access/fresh-key";
import { useRefusal } from "@/access/me";
import { fetchKeys } from "@/api/identity-endpoints";
import type { ApiKey, NewApiKey } from "@/api/types";
import { plural } from "@/format/count";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/form";
import { SecretDialog } from "@/ui/secret-dialog";
import { Loaded, ReadOnlyNote, Rows, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { KeyDialog } from "./key-dialog";
import { KeyRow } from "./key-row";
import { RotateDialog } from "./rotate-dialog";

type Doing = { kind: "create" } | { kind: "edit" | "rotate"; key: ApiKey } | null;

export const isOver = (key: ApiKey) => key.state === "revoked" || key.state === "expired";

/** What apps prove themselves with. */
export function KeysPage() {
  const query = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => fetchKeys(signal) });
  const refusal = useRefusal("keys:write");
  const mayChange = refusal === null;
  const [doing, setDoing] = useState<Doing>(null);
  const [made, setMade] = useState<NewApiKey | null>(null);
  const [showsAll, setShowsAll] = useState(false);
  const over = query.data?.filter(isOver).length ?? 0;
  const onMade = (key: NewApiKey) => {
    keepFreshKey(key.project_id, key.secret);
    setDoing(null);
    setMade(key);
  };
  return (
    <SettingsBody>
      <ReadOnlyNote reason={refusal} />
      <Section
        title="API keys"
        note="One for each app or program, so that one can be revoked without the others."
        actions={
          mayChange && (
            <Button look="primary" onClick={() => setDoing({ kind: "create" })}>
              <Plus />
              New key
            </Button>
          )
        }
      >
        <Loaded query={query} label="Loading API keys">
          {(keys) => {
            const shown = showsAll ? keys : keys.filter((key) => !isOver(key));
            if (shown.length === 0) {
              return (
                <EmptyState icon={<KeyRound />} title="No key works in this project">
                  Apps need one to send calls. {mayChange ? "Make the first." : ""}
                </EmptyState>
              );
            }
            return (
              <Rows label="API keys">
                {shown.map((key) => (
                  <KeyRow key={key.id} apiKey={key} mayChange={mayChange} onEdit={() => setDoing({ kind: "edit", key })} onRotate={() => setDoing({ kind: "rotate", key })} />
                ))}
              </Rows>
            );
          }}
        </Loaded>
        {over > 0 && (
          <div className="border-t border-line px-4 py-3">
            <Checkbox label={`Also show ${plural(over, "key")} that ended`} checked={showsAll} onChange={setShowsAll} />
          </div>
        )}
      </Section>
      {doing?.kind === "create" && <KeyDialog apiKey={null} onClose={() => setDoing(null)} onMade={onMade} />}
      {doing?.kind === "edit" && <KeyDialog apiKey={doing.key} onClose={() => setDoing(null)} onMade={onMade} />}
      {doing?.kind === "rotate" && <RotateDialog apiKey={doing.key} onClose={() => setDoing(null)} onMade={onMade} />}
      {made !== null && (
        <SecretDialog title={`Key “${made.name}” is made`} label="API key" secret={made.secret} onDone={() => setMade(null)}>
          Copy it now and keep it where secrets belong. It is stored as a hash only: nobody can show it again.
        </SecretDialog>
      )}
    </SettingsBody>
  );
}
