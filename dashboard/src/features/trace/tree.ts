/** The trace's tree as the flat list the server sends: depth first, by start time. Pure. */
import type { TraceNode, TraceSummary } from "@/api/types";

/** The rows in view when some spans are folded: those below a folded one are skipped. */
export function visibleNodes(nodes: readonly TraceNode[], folded: ReadonlySet<string>): TraceNode[] {
  if (folded.size === 0) return [...nodes];
  const visible: TraceNode[] = [];
  let hiddenBelow = Infinity;
  for (const node of nodes) {
    if (node.depth > hiddenBelow) continue;
    hiddenBelow = folded.has(node.span_id) ? node.depth : Infinity;
    visible.push(node);
  }
  return visible;
}

/** The span a row hangs on, among rows before it. */
export function parentIndex(nodes: readonly TraceNode[], index: number): number {
  const depth = nodes[index]?.depth ?? 0;
  for (let at = index - 1; at >= 0; at -= 1) if ((nodes[at]?.depth ?? 0) < depth) return at;
  return index;
}

export interface Bar {
  left: number;
  width: number;
}

/** Where a span lies in its trace, in percent. A span that is too short to see keeps a sliver. */
export function barOf(node: Pick<TraceNode, "start_time" | "duration_ms">, trace: Pick<TraceSummary, "start_time" | "duration_ms">): Bar {
  const whole = Math.max(trace.duration_ms, 0.001);
  const offset = Date.parse(node.start_time) - Date.parse(trace.start_time);
  const left = clamp((offset / whole) * 100, 0, 99.6);
  return { left, width: clamp(((node.duration_ms ?? 0) / whole) * 100, 0.4, 100 - left) };
}

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
