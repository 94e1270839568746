/** What the typed text can mean: a trace id, some of the commands, a search. */
export function commandsFor<C extends { label: string }>(typed: string, commands: readonly C[]): { traceId: string | null; text: string | null; matching: C[] } {
  const text = typed.trim();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return {
    traceId: /^[0-9a-f]{16,32}$/i.test(text) ? text.toLowerCase() : null,
    text: text === "" ? null : text,
    matching: commands.filter((command) => words.every((word) => command.label.toLowerCase().includes(word))),
  };
}
