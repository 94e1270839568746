/** What is asked in the playground. Pure. */
import type { ChatWish } from "@/api/gateway-call";
import type { CallableName, GatewayProvider, GatewayRoute } from "@/api/gateway-types";

interface PlaygroundDraft {
  system: string;
  prompt: string;
  temperature: string;
  maxTokens: string;
}

export const FIRST_DRAFT: PlaygroundDraft = { system: "", prompt: "", temperature: "", maxTokens: "" };

const numberOf = (text: string): number | null | undefined => (text.trim() === "" ? null : /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined);

/** One call for each model that is named; null while something is missing or is no number. */
export function wishesOf(draft: PlaygroundDraft, models: readonly string[]): ChatWish[] | null {
  const [temperature, maxTokens] = [numberOf(draft.temperature), numberOf(draft.maxTokens)];
  const named = models.map((model) => model.trim()).filter((model) => model !== "");
  if (named.length === 0 || draft.prompt.trim() === "" || temperature === undefined || maxTokens === undefined) return null;
  return named.map((model) => ({ model, system: draft.system, prompt: draft.prompt, temperature, maxTokens }));
}

/** What can be named: routes, the models that routes lead to, and models without a pattern in their name. */
export function suggestionsOf(names: readonly CallableName[], routes: readonly GatewayRoute[]): string[] {
  const targets = routes.flatMap((route) => route.targets).filter((target) => target.model !== "").map((target) => `${target.provider}/${target.model}`);
  const exact = names.filter((name) => name.kind === "pattern" && !/[*?]/.test(name.id)).map((name) => name.id);
  return [...new Set([...names.filter((name) => name.kind === "route").map((name) => name.id), ...targets, ...exact])];
}

export const hasProvider = (providers: readonly GatewayProvider[] | undefined): boolean => providers === undefined || providers.length > 0;
