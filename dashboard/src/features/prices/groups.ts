/** Listed prices by model: what holds now, and what does not. Pure. */
import type { ListedPrice } from "@/api/control-types";

export interface ModelPrices {
  key: string;
  provider: string;
  model: string;
  /** The standard prices that hold now, by source in its order. */
  current: ListedPrice[];
  past: ListedPrice[];
}

export function groupsOf(prices: readonly ListedPrice[]): ModelPrices[] {
  const groups = new Map<string, ModelPrices>();
  for (const price of prices) {
    const key = `${price.provider}/${price.model}`;
    const group = groups.get(key) ?? { key, provider: price.provider, model: price.model, current: [], past: [] };
    const isMain = price.current && (price.condition === "" || price.source === "own");
    (isMain ? group.current : group.past).push(price);
    groups.set(key, group);
  }
  return [...groups.values()];
}
