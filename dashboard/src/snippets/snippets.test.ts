import { expect, it } from "vitest";

import { gatewaySnippetsFor } from "./gateway-snippets";
import { maskedKey, snippetsFor } from "./snippets";

it("fills the real address and key into every snippet", () => {
  for (const snippet of snippetsFor("http://10.0.0.5:8000", "lx_secret_1")) {
    expect(snippet.code, snippet.id).toContain("http://10.0.0.5:8000");
    expect(snippet.code, snippet.id).toContain("lx_secret_1");
  }
});

it("fills them into every snippet through the gateway too", () => {
  const snippets = gatewaySnippetsFor("http://10.0.0.5:8000", "lx_secret_1");

  expect(snippets.length).toBeGreaterThanOrEqual(10);
  expect(new Set(snippets.map((snippet) => snippet.id)).size).toBe(snippets.length);
  for (const snippet of snippets) {
    expect(snippet.code, snippet.id).toContain("http://10.0.0.5:8000");
    expect(snippet.code, snippet.id).toContain("lx_secret_1");
  }
});

it("calls the gateway with valid JSON", () => {
  const curl = gatewaySnippetsFor("http://h", "k").find((snippet) => snippet.id === "curl")?.code ?? "";

  expect(JSON.parse(/-d '(.*)'$/s.exec(curl)?.[1] ?? "")).toMatchObject({ model: "gpt-4.1-mini" });
});

it("sends valid JSON with curl", () => {
  const curl = snippetsFor("http://h", "k").find((snippet) => snippet.id === "curl")?.code ?? "";

  const body = (/-d '(.*)'$/s.exec(curl)?.[1] ?? "").replace(/'"\$\(date [^)]*\)"'/, "2026-01-01T00:00:00Z");
  expect(JSON.parse(body)).toMatchObject({ model: "gpt-4.1-mini", ts: "2026-01-01T00:00:00Z", tokens_in: 1200 });
});

it("does not give a key away on screen", () => {
  expect(maskedKey("lx_01k9zv3w8r4m_abcdefghijklmnop")).toBe("lx_01k9…mnop");
  expect(maskedKey("lx_short")).not.toContain("short");
});
