import { ApiError } from "@/api/client";
import { Checkbox } from "@/ui/form";

/** Whether the server takes the price for a slip and wants it confirmed. */
const isSlip = (error: Error | null): boolean => error instanceof ApiError && error.field === "confirm";

export function SlipConfirm({ error, checked, onChange }: { error: Error | null; checked: boolean; onChange: (checked: boolean) => void }) {
  if (!isSlip(error) && !checked) return null;
  return <Checkbox label="I mean it: set this price all the same" hint="A price typed for one token instead of a million is refused, because it blocks users and budgets." checked={checked} onChange={onChange} />;
}
