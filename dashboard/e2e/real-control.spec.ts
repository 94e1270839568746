/** Limits and stops against a real server: LYNEX_E2E_URL names it, LYNEX_E2E_KEY is a key of it. */
import { randomBytes } from "node:crypto";

import { expect, test } from "./dashboard";

const key = process.env.LYNEX_E2E_KEY ?? "";
const headers = { Authorization: `Bearer ${key}` };
const unique = () => randomBytes(6).toString("hex");

test("a budget that is made here refuses the call that would pass it, and the page says so", async ({ page, request }) => {
  const name = `Budget ${unique()}`;
  const route = `/e2e/${unique()}`;
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.goto("/budgets/new");
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("textbox", { name: "Limit", exact: true }).fill("0.5");
  await page.getByRole("combobox", { name: "Route" }).fill(route);
  await page.getByRole("radio", { name: /^Stop/ }).check();
  await page.getByRole("checkbox", { name: "Hard stop" }).check();
  const told = page.getByRole("complementary", { name: "What it will do" });
  await expect(told.getByRole("status")).toContainText(`Stops calls of ${route} once $0.50 are spent`);
  await told.getByRole("button", { name: "Make this budget" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();

  const wish = { provider: "openai", model: "gpt-4.1-mini", route, cost_usd: "0.4" };
  const first = await request.post("/v1/reservations", { headers, data: wish });
  expect(first.status(), await first.text()).toBe(201);
  await expect(page.getByRole("definition").filter({ hasText: "$0.400" })).toBeVisible();
  // Two such calls cannot both be made: what is held counts.
  const second = await request.post("/v1/reservations", { headers, data: wish });
  expect(second.status()).toBe(402);
  expect(await second.json()).toMatchObject({ code: "budget_exceeded", detail: expect.stringContaining(name) });

  const { id } = (await first.json()) as { id: string };
  const settled = await request.post(`/v1/reservations/${id}/settle`, { headers, data: { cost_usd: "0.6" } });
  expect(settled.status(), await settled.text()).toBe(200);
  await expect(page.getByText("limit reached", { exact: true })).toBeVisible();
  await expect(page.getByRole("list", { name: "News" })).toContainText("calls stopped", { timeout: 30_000 });
  const third = await request.post("/v1/reservations", { headers, data: { ...wish, cost_usd: "0.001" } });
  expect(third.status()).toBe(402);
});

test("a stop shows on every page, stops calls, and is released from the banner", async ({ page, request }) => {
  const route = `/e2e/${unique()}`;
  const wish = { provider: "openai", model: "gpt-4.1-mini", route, cost_usd: "0.0001" };
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.goto("/kill-switch");
  await page.getByRole("combobox", { name: "Route" }).fill(route);
  await page.getByLabel("Reason").fill("browser test");
  const before = page.getByRole("complementary", { name: "Before you stop" });
  await expect(before.getByRole("status")).toHaveText(`Stops calls of ${route}.`);
  await before.getByRole("button", { name: "Stop these calls" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Stop them" }).click();
  // Only when it is made: to leave the page sooner would take the request back.
  const banner = page.getByRole("alert", { name: "Kill switch" });
  await expect(banner).toContainText(`Stops calls of ${route}`);

  await page.goto("/traces");
  await expect(banner).toContainText(`Stops calls of ${route}`);
  const refused = await request.post("/v1/reservations", { headers, data: wish });
  expect(refused.status(), await refused.text()).toBe(423);

  await banner.getByRole("listitem").filter({ hasText: route }).getByRole("button", { name: "Release" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Release" }).click();
  await expect(banner).toBeHidden();
  await expect.poll(async () => (await request.post("/v1/reservations", { headers, data: wish })).status()).toBe(201);
});

test("a model without a price gets one, and its calls with it", async ({ page, request }) => {
  const model = `cellar-${unique()}`;
  const sent = await request.post("/v1/events", { headers, data: { ts: new Date().toISOString(), provider: "vllm", model, name: "call", tokens_in: 1_000_000, tokens_out: 0, latency_ms: 10, status: "ok" } });
  expect(await sent.json()).toMatchObject({ accepted: 1 });
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await expect
    .poll(async () => (await request.get("/v1/prices/unpriced", { headers })).text(), { timeout: 20_000 })
    .toContain(model);

  await page.goto("/prices/unpriced");
  await page.getByRole("button", { name: new RegExp(`Price it.*${model}`) }).click();
  await page.getByLabel("US dollars per million tokens").fill("0.25");
  await page.getByRole("button", { name: "Set this price" }).click();
  await page.getByRole("link", { name: "show how far it is" }).click();

  const run = page.getByRole("region", { name: "This run" });
  await expect(run.getByRole("row").filter({ hasText: model })).toContainText("+$0.25", { timeout: 30_000 });
});

test("a rule is tried on the past, made, and looked at; a channel that cannot be reached says so", async ({ page }) => {
  const name = `Rule ${unique()}`;
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.goto("/alerts/rules/new");
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByLabel("Figure").selectOption("calls");
  await page.getByLabel("When it is").selectOption("below");
  await page.getByLabel("Limit, in calls").fill("1000000");
  const aside = page.getByRole("complementary", { name: "What it will do" });
  await expect(aside.getByRole("status")).toContainText("below 1,000,000");
  await expect(aside).toContainText(/Would have fired \d+ times?/);
  await aside.getByRole("button", { name: "Make this rule" }).click();
  await expect(page.getByRole("heading", { name, exact: true })).toBeVisible();

  await page.goto("/alerts/channels");
  await page.getByRole("button", { name: "New channel" }).click();
  const dialog = page.getByRole("dialog", { name: "New channel" });
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByLabel("Kind").selectOption("webhook");
  await dialog.getByLabel("Address", { exact: true }).fill("https://lynex.invalid/hook");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("button", { name: "I stored it" }).click();
  const row = page.getByRole("list", { name: "Channels" }).getByRole("listitem").filter({ hasText: name });
  await expect(row).toContainText("lynex.invalid");
  await row.getByRole("button", { name: "Test" }).click();
  await expect(row.getByRole("status")).toContainText("did not get through", { timeout: 30_000 });
});

test("no page about control breaks the content policy that the server sends", async ({ page }) => {
  // The fixture fails the test on any violation; this one is about having looked everywhere.
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  for (const path of ["/budgets", "/budgets/new", "/kill-switch", "/prices", "/prices/own", "/prices/calculator", "/prices/unpriced", "/prices/reprice", "/prices/sources", "/prices/reconciliation", "/alerts", "/alerts/rules", "/alerts/quiet", "/alerts/channels", "/alerts/digests"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
    await expect(page.getByText("could not be loaded")).toHaveCount(0);
  }
  await page.goto("/prices?q=claude-sonnet");
  await expect(page.getByRole("list", { name: "Models" }).getByRole("listitem").first()).toContainText("per 1M");
});
