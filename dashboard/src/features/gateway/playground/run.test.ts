import { describe, expect, it } from "vitest";

import { begun, isUnderWay, tokensPerSecond, withNews, type RunNews } from "./run";

const after = (news: readonly [RunNews, number][]) => news.reduce((run, [each, atMs]) => withNews(run, each, atMs), begun(1000));

describe("an answer while it comes", () => {
  it("times its first token and its end", () => {
    const run = after([[{ kind: "text", text: "Hel" }, 1200], [{ kind: "text", text: "lo" }, 1400], [{ kind: "usage", inputTokens: 5, outputTokens: 20 }, 1600], [{ kind: "end" }, 1700]]);

    expect(run).toMatchObject({ phase: "done", text: "Hello", firstTokenMs: 200, totalMs: 700, inputTokens: 5 });
    expect(tokensPerSecond(run)).toBeCloseTo(40);
  });

  it("keeps what came before it broke off", () => {
    const run = after([[{ kind: "text", text: "Hel" }, 1200], [{ kind: "error", message: "cut", code: "x" }, 1300], [{ kind: "text", text: "lo" }, 1400], [{ kind: "end" }, 1500]]);

    expect(run).toMatchObject({ phase: "failed", text: "Hel", totalMs: 300, problem: { message: "cut" } });
    expect(isUnderWay(run)).toBe(false);
  });

  it("says no speed where no usage is known", () => {
    expect(tokensPerSecond(after([[{ kind: "text", text: "Hi" }, 1200], [{ kind: "stop" }, 1300]]))).toBeNull();
  });
});
