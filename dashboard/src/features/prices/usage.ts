/** Counts as typed → as the API takes them; empty ones are left out. Null where one is no whole number. Pure. */
export function usageOf(counts: Readonly<Record<string, string>>): Record<string, number> | null {
  const given = Object.entries(counts)
    .map(([name, text]) => [name, text.replaceAll(/[\s,_]/g, "")] as const)
    .filter(([, text]) => text !== "");
  if (given.some(([, text]) => !/^\d{1,15}$/.test(text))) return null;
  return Object.fromEntries(given.map(([name, text]) => [name, Number(text)]));
}
