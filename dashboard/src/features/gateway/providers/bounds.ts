/** What bounds the calls to a provider, in words. Pure. */
import type { GatewayProvider } from "@/api/gateway-types";
import { plural } from "@/format/count";

export function boundsOf(provider: Pick<GatewayProvider, "timeout_s" | "max_concurrency" | "breaker_failures" | "breaker_open_s">): string {
  const atOnce = provider.max_concurrency === 0 ? [] : [`at most ${plural(provider.max_concurrency, "call")} at the same time`];
  const breaker = provider.breaker_failures === 0 ? "never left alone" : `left alone for ${provider.breaker_open_s} s after ${plural(provider.breaker_failures, "failure")} in a row`;
  const text = [...atOnce, `fails when silent for ${provider.timeout_s} s`, breaker].join("; ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
