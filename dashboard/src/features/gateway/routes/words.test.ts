import { describe, expect, it } from "vitest";

import type { GatewayRouteWish } from "@/api/gateway-types";

import { FIRST_ROUTE } from "./draft";
import { routeInWords, sharesOf } from "./words";

const route = (over: Partial<GatewayRouteWish>): GatewayRouteWish => ({ ...FIRST_ROUTE, name: "fast", targets: [{ provider: "openai", model: "gpt-4.1-mini", weight: 1 }], retries: 0, ...over });

describe("a route in words", () => {
  it("says where calls go, by share, and where then", () => {
    const targets = [{ provider: "openai", model: "gpt-4.1-mini", weight: 8 }, { provider: "groq", model: "llama", weight: 2 }, { provider: "ollama", model: "llama3.2", weight: 0 }];

    expect(routeInWords(route({ targets }))[0]).toBe("Calls of fast go to openai/gpt-4.1-mini (80 %) and groq/llama (20 %); when one fails before the first byte, to the others of these, then to ollama/llama3.2.");
  });

  it("says little of a plain route", () => {
    expect(routeInWords(route({}))).toEqual(["Calls of fast go to openai/gpt-4.1-mini.", "When a client leaves, its answer is cancelled."]);
  });

  it("says what else happens", () => {
    const said = routeInWords(
      route({
        retries: 2, timeout_s: 10, sticky: "user", downgrade: { provider: "ollama", model: "" }, downgrade_at_percent: 90, when_client_leaves: "drain",
        cache: { ...FIRST_ROUTE.cache, mode: "exact", ttl_s: 5400 }, guardrails: { ...FIRST_ROUTE.guardrails, redact: true, max_input_chars: 2000, allowed_tools: [], output_schema: {}, repair: true },
      }),
    ).join(" ");

    for (const part of ["up to 2 times more", "within 10 s", "of one user", "up to 90 %, they go to ollama (the model that is named)", "read on for up to 30 s", "for 90 minutes, at no cost", "put back into the answer", "longer than 2,000 characters or they offer any tool", "asked once to mend them", "in one piece"]) expect(said).toContain(part);
  });

  it("says that a route that is off refuses", () => {
    expect(routeInWords(route({ enabled: false }))[0]).toContain("refused");
  });

  it("splits the calls by weight", () => {
    expect(sharesOf([{ provider: "a", model: "x", weight: 2 }, { provider: "b", model: "y", weight: 1 }]).map((share) => share.percent)).toEqual(["66.7 %", "33.3 %"]);
  });
});
