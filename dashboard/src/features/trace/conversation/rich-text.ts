/** The little markup models write: code fences, `code` and **bold**. Anything else stays as it is written. */

type Inline = { type: "text" | "code" | "bold"; text: string };
type Block = { type: "code"; text: string } | { type: "prose"; inlines: Inline[] };

const FENCE = /```[^\n`]*\n([\s\S]*?)(?:\n?```|$)/g;
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*/g;

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let end = 0;
  for (const fence of text.matchAll(FENCE)) {
    pushProse(blocks, text.slice(end, fence.index));
    blocks.push({ type: "code", text: fence[1] ?? "" });
    end = fence.index + fence[0].length;
  }
  pushProse(blocks, text.slice(end));
  return blocks;
}

function pushProse(blocks: Block[], text: string): void {
  const trimmed = text.replace(/^\n+|\n+$/g, "");
  if (trimmed !== "") blocks.push({ type: "prose", inlines: inlinesOf(trimmed) });
}

function inlinesOf(text: string): Inline[] {
  const inlines: Inline[] = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > end) inlines.push({ type: "text", text: text.slice(end, found.index) });
    inlines.push(found[1] !== undefined ? { type: "code", text: found[1] } : { type: "bold", text: found[2] ?? "" });
    end = found.index + found[0].length;
  }
  if (end < text.length) inlines.push({ type: "text", text: text.slice(end) });
  return inlines;
}
