import { KeyRound } from "lucide-react";

import { keepFreshKey } from "@/access/fresh-key";
import { useMe, useRefusal } from "@/access/me";
import { createKey } from "@/api/identity-endpoints";
import { useChange } from "@/api/use-change";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { FormProblem } from "@/ui/form";

import { maskedKey } from "./snippets";

/** The key that an app sends with: one click makes it, one copies it. */
export function KeyOffer({ known }: { known: string | null }) {
  const projectId = useMe().data?.project_id ?? null;
  const refusal = useRefusal("keys:write");
  const create = useChange(
    () => createKey({ name: "first app", scopes: ["ingest", "gateway"], allowed_networks: [] }),
    [["keys"]],
    (made) => keepFreshKey(made.project_id, made.secret),
  );
  if (known !== null) {
    return (
      <div role="status" className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <span className="font-medium">API key</span>
        <code className="font-mono text-xs">{maskedKey(known)}</code>
        <CopyButton text={known} label="Copy API key" />
        {create.isSuccess && <span className="text-muted">Copy it now: it is shown on this page only, and nowhere later.</span>}
      </div>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <p className="min-w-0 flex-1 basis-64 text-sm text-muted">
        {refusal === null ? "Your app sends with an API key of this project. Make one that may send calls and use the gateway: the snippets below carry it." : `Your app sends with an API key of this project. ${refusal}`}
      </p>
      <Button look="primary" disabled={create.isPending || refusal !== null || projectId === null} onClick={() => create.mutate()}>
        <KeyRound />
        Create an API key
      </Button>
      <FormProblem error={create.error} />
    </div>
  );
}
