/** Which calls are shown, by how they ended. Pure. */
export const SHOWN = [
  { value: "all", label: "All", status: [] },
  { value: "ok", label: "Answered", status: ["ok"] },
  { value: "failed", label: "Failed", status: ["error", "timeout"] },
  { value: "refused", label: "Refused", status: ["blocked"] },
  { value: "left", label: "Client left", status: ["cancelled"] },
] as const;

export type Shown = (typeof SHOWN)[number]["value"];

/** Which of the choices the statuses in the address are; none of them where somebody wrote others. */
export const shownOf = (status: readonly string[] | undefined): Shown | null =>
  SHOWN.find((each) => each.status.length === (status?.length ?? 0) && each.status.every((one) => status?.includes(one) ?? false))?.value ?? null;
