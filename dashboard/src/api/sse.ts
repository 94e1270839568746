/** Server-sent events out of a text stream. `EventSource` cannot send a bearer key, so we read the body ourselves. */

interface ServerEvent {
  event: string;
  data: string;
}

/** Feed it chunks as they come; it gives the events that are complete. */
export function eventParser(): (chunk: string) => ServerEvent[] {
  let rest = "";
  return (chunk) => {
    const blocks = (rest + chunk).replace(/\r\n/g, "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap(eventOf);
  };
}

function eventOf(block: string): ServerEvent[] {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith(":")) continue;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  return data.length > 0 ? [{ event, data: data.join("\n") }] : [];
}
