/** What an audit row changed, field by field. Pure. */

export interface FieldChange {
  name: string;
  before: string | null;
  after: string | null;
}

type Facts = Readonly<Record<string, unknown>> | null;

/** Fields of either side, those that differ first; null where a side does not have it. */
export function changesOf(before: Facts, after: Facts): FieldChange[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changes = names.map((name) => ({ name, before: textOf(before, name), after: textOf(after, name) }));
  return [...changes.filter((each) => each.before !== each.after), ...changes.filter((each) => each.before === each.after)];
}

function textOf(facts: Facts, name: string): string | null {
  if (facts === null || !(name in facts)) return null;
  const value = facts[name];
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** "key.created" → "key created"; "sso_provider.changed" → "sso provider changed". */
export const actionInWords = (action: string): string => action.replaceAll(/[._]/g, " ");
