/** Against a real server: LYNEX_E2E_URL names it, LYNEX_E2E_KEY is a key of it. */
import { randomBytes } from "node:crypto";

import { expect, test } from "./dashboard";

const key = process.env.LYNEX_E2E_KEY ?? "";

test("a call that was sent is seen in the browser with its cost", async ({ page, request }) => {
  expect(key, "LYNEX_E2E_KEY must hold an API key of the server at LYNEX_E2E_URL").not.toBe("");
  const route = `/e2e/${randomBytes(6).toString("hex")}`;
  const sent = await request.post("/v1/events", {
    headers: { Authorization: `Bearer ${key}` },
    data: { ts: new Date().toISOString(), provider: "openai", model: "gpt-4.1-mini", route, name: "first call", tokens_in: 1_000_000, tokens_out: 1_000, latency_ms: 820, status: "ok" },
  });
  expect(await sent.json(), "the server takes the call").toMatchObject({ accepted: 1, rejected: 0 });

  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  expect(page.url()).not.toContain(key);

  await page.goto(`/traces?route=${encodeURIComponent(route)}`);
  const row = page.getByRole("grid", { name: "traces" }).getByRole("row").nth(1);
  await expect(row).toBeVisible({ timeout: 15_000 });
  // 1,000,000 × $0.40 + 1,000 × $1.60 per million.
  await expect(row).toContainText("$0.402");

  await row.getByRole("link").first().click();
  await page.getByRole("tab", { name: "Usage and cost" }).click();
  await expect(page.getByRole("region", { name: "Cost" })).toContainText("$0.4016");
  await expect(page.getByRole("region", { name: "Cost" })).toContainText("priced");
  await expect(page.getByRole("row", { name: /^Input/ })).toContainText("1,000,000");
});

test("no page breaks the content policy that the server sends", async ({ page }) => {
  // The fixture fails the test on any violation; this one is about having looked everywhere.
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  const policy = (await page.request.get("/")).headers()["content-security-policy"];
  expect(policy).not.toContain("unsafe");

  for (const path of ["/", "/traces", "/dead-letters", "/connect", "/nowhere"]) {
    await page.goto(path);
    await expect(page.locator("main, h1").first()).toBeVisible();
    for (const chart of await page.locator("canvas").all()) await chart.hover();
    for (const menu of await page.locator("button[aria-haspopup]:visible").all()) {
      await menu.click();
      await page.keyboard.press("Escape");
    }
  }
});
