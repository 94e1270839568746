import { useState } from "react";

import { rotateKey } from "@/api/identity-endpoints";
import type { ApiKey, NewApiKey } from "@/api/types";
import { useChange } from "@/api/use-change";
import { FormDialog, SelectField } from "@/ui/form";

type Overlap = "0" | "3600" | "86400" | "604800";

const OVERLAPS: readonly { value: Overlap; label: string }[] = [
  { value: "0", label: "Not at all: it is known to others" },
  { value: "3600", label: "1 hour" },
  { value: "86400", label: "1 day" },
  { value: "604800", label: "7 days" },
];

/** A new key in place of one, which goes on for a while so that nothing stops in between. */
export function RotateDialog({ apiKey, onClose, onMade }: { apiKey: ApiKey; onClose: () => void; onMade: (made: NewApiKey) => void }) {
  const [overlap, setOverlap] = useState<Overlap>("86400");
  const rotate = useChange(() => rotateKey(apiKey.id, Number(overlap)), [["keys"]], onMade);
  return (
    <FormDialog title={`Rotate ${apiKey.name}`} open onOpenChange={onClose} action="Rotate" pending={rotate.isPending} error={rotate.error} onSubmit={() => rotate.mutate()}>
      <p className="text-sm text-muted">You get a new key that may do the same. Put it where the old one is before the old one ends.</p>
      <SelectField label="The old key works for another" value={overlap} options={OVERLAPS} onChange={setOverlap} />
    </FormDialog>
  );
}
