/** Calls that came while the list is looked at, on top of those that were asked for. Pure. */
import type { SpanSummary } from "@/api/types";

/** More news than this at the top of a list nobody scrolls to its end. */
export const NEWS_MAX = 500;

export const idOf = (span: SpanSummary): string => `${span.trace_id}/${span.span_id}`;

/** Newest first, nothing twice. */
export function withNews(news: readonly SpanSummary[], came: readonly SpanSummary[]): SpanSummary[] {
  const ids = new Set(came.map(idOf));
  return [...came, ...news.filter((span) => !ids.has(idOf(span)))].sort((a, b) => b.start_time.localeCompare(a.start_time)).slice(0, NEWS_MAX);
}

/** What is shown: a call that has come again since, with more known of it, stands once. */
export function joined(news: readonly SpanSummary[], listed: readonly SpanSummary[]): SpanSummary[] {
  const ids = new Set(news.map(idOf));
  return [...news, ...listed.filter((span) => !ids.has(idOf(span)))];
}
