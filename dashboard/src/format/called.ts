/** What a trace or a span is called where it has no name, as calls that were sent by hand have none: by its model. */

export function traceTitle(trace: { name: string; models: readonly string[]; trace_id: string }): string {
  return trace.name || trace.models[0] || trace.trace_id;
}

export function spanTitle(span: { name: string; model: string; span_id: string }): string {
  return span.name || span.model || span.span_id;
}
