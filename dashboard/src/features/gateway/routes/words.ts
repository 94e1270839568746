/** A route in words, and its shares as figures. Pure. */
import type { GatewayRouteWish, RouteTarget } from "@/api/gateway-types";
import { formatShare, plural } from "@/format/count";

interface Share {
  label: string;
  /** Of all calls, from 0 to 1. */
  part: number;
  percent: string;
}

/** "openai/gpt-4.1-mini"; without a model, the one that the caller names. */
const targetName = ({ provider, model }: Pick<RouteTarget, "provider" | "model">): string => (model === "" ? `${provider} (the model that is named)` : `${provider}/${model}`);

export function sharesOf(targets: readonly RouteTarget[]): Share[] {
  const whole = targets.reduce((sum, target) => sum + target.weight, 0);
  return targets.filter((target) => target.weight > 0).map((target) => ({ label: targetName(target), part: target.weight / whole, percent: formatShare(target.weight, whole).replace(/\.0%$/, "%").replace("%", " %") }));
}

const listed = (items: readonly string[], last: string): string => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${last} ${items.at(-1) ?? ""}`);

/** What becomes of the calls of a route, a sentence each. */
export function routeInWords(route: GatewayRouteWish): string[] {
  return [route.enabled ? leads(route) : `Calls of ${route.name} are refused: the route is off.`, ...tries(route), ...sticks(route), ...downgrades(route), leaves(route), ...caches(route), ...guards(route)];
}

function leads({ name, targets }: GatewayRouteWish): string {
  const shares = sharesOf(targets);
  const fallbacks = targets.filter((target) => target.weight === 0).map(targetName);
  const shown = shares.length === 1 ? (shares[0]?.label ?? "") : listed(shares.map((share) => `${share.label} (${share.percent})`), "and");
  const others = shares.length > 1 ? ["to the others of these"] : [];
  const failing = [...others, ...fallbacks.map((each) => `to ${each}`)];
  const then = failing.length === 0 ? "" : `; when ${shares.length > 1 ? "one fails" : "that fails"} before the first byte, ${failing.join(", then ")}`;
  return `Calls of ${name} go to ${shown}${then}.`;
}

function tries({ retries, timeout_s }: GatewayRouteWish): string[] {
  const again = retries === 0 ? [] : [`Each is tried ${retries === 1 ? "once" : `up to ${retries} times`} more before the next.`];
  return timeout_s === 0 ? again : [...again, `One that sends no first byte within ${timeout_s} s has failed.`];
}

function sticks({ sticky }: GatewayRouteWish): string[] {
  return sticky === "none" ? [] : [`All calls of one ${sticky === "user" ? "user" : "session"} go to the same target.`];
}

function downgrades({ downgrade, downgrade_at_percent }: GatewayRouteWish): string[] {
  return downgrade == null ? [] : [`Once a budget of theirs is used up to ${downgrade_at_percent} %, they go to ${targetName(downgrade)} instead.`];
}

function leaves({ when_client_leaves, drain_s }: GatewayRouteWish): string {
  return when_client_leaves === "cancel" ? "When a client leaves, its answer is cancelled." : `When a client leaves, its answer is read on for up to ${drain_s} s, so that its usage is known.`;
}

function caches({ cache }: GatewayRouteWish): string[] {
  const kept = cache.ttl_s % 3600 === 0 ? plural(cache.ttl_s / 3600, "hour") : cache.ttl_s % 60 === 0 ? plural(cache.ttl_s / 60, "minute") : plural(cache.ttl_s, "second");
  if (cache.mode === "exact") return [`The same call is answered from the cache for ${kept}, at no cost.`];
  return cache.mode === "semantic" ? [`A call that means the same (${cache.similarity} by ${cache.embedding_model || "an embedding model"}) is answered from the cache for ${kept}, at no cost.`] : [];
}

function guards({ guardrails }: GatewayRouteWish): string[] {
  const { redact, blocked_input, blocked_output, max_input_chars, max_output_chars, allowed_tools, output_schema, repair, webhook } = guardrails;
  const chars = (count: number) => plural(count, "character");
  const input = [...(max_input_chars > 0 ? [`they are longer than ${chars(max_input_chars)}`] : []), ...(blocked_input.length > 0 ? ["a blocked pattern is found in them"] : []), ...(allowed_tools != null ? [allowed_tools.length === 0 ? "they offer any tool" : `they offer a tool other than ${listed(allowed_tools, "or")}`] : [])];
  const output = [...(max_output_chars > 0 ? [`they are longer than ${chars(max_output_chars)}`] : []), ...(blocked_output.length > 0 ? ["a blocked pattern is found in them"] : []), ...(output_schema != null ? [`they do not keep the JSON Schema${repair ? ", even after the model was asked once to mend them" : ""}`] : [])];
  return [
    ...(redact ? ["Personal data is replaced in what is sent, and put back into the answer."] : []),
    ...(input.length > 0 ? [`Calls are refused when ${listed(input, "or")}.`] : []),
    ...(output.length > 0 ? [`Answers are refused when ${listed(output, "or")}.`] : []),
    ...(webhook == null ? [] : [`${hostOf(webhook.url)} is asked about each call and answer${webhook.fail_open ? ", and passed over while it does not answer" : ""}.`]),
    ...(redact || output.length > 0 || webhook != null ? ["Answers are checked whole, so streams come in one piece."] : []),
  ];
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "A webhook";
}
