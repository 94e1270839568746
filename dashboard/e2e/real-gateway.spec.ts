/** The gateway's pages against a real server: LYNEX_E2E_URL names it, LYNEX_E2E_KEY is a key of it. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test } from "./dashboard";

const key = process.env.LYNEX_E2E_KEY ?? "";
const unique = () => randomBytes(4).toString("hex");

/** A server that has two models, and knows one key. It answers in four words. */
async function upstream(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    if (request.headers.authorization !== "Bearer sk-upstream-9aBc") {
      response.writeHead(401, { "Content-Type": "application/json" });
      return response.end(JSON.stringify({ error: { message: "Incorrect API key provided" } }));
    }
    if (request.url?.endsWith("/models") === true) {
      response.writeHead(200, { "Content-Type": "application/json" });
      return response.end(JSON.stringify({ object: "list", data: [{ id: "tiny-1", object: "model" }, { id: "tiny-2", object: "model" }] }));
    }
    const chunk = (part: object) => `data: ${JSON.stringify({ id: "chat_1", object: "chat.completion.chunk", model: "tiny-1", ...part })}\n\n`;
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const content of ["Hello ", "from ", "the ", "upstream."]) response.write(chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }));
    response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
    response.write(chunk({ choices: [], usage: { prompt_tokens: 1_000_000, completion_tokens: 4, total_tokens: 1_000_004 } }));
    return response.end("data: [DONE]\n\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

test("a provider is added, tried, led to by a route, and removed after it", async ({ page }) => {
  const { server, url } = await upstream();
  const name = `up-${unique()}`;
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.goto("/providers");
  await page.getByRole("button", { name: "Add a provider" }).click();
  const dialog = page.getByRole("dialog", { name: "New provider" });
  await dialog.getByLabel("Kind").selectOption("openai_compatible");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Base URL").fill(url);
  await dialog.getByLabel("API key").fill("sk-upstream-9aBc");
  await dialog.getByRole("button", { name: "Add provider" }).click();
  const row = page.getByRole("list", { name: "Providers" }).getByRole("listitem").filter({ has: page.getByRole("heading", { name }) });
  await expect(row).toContainText("…9aBc");
  await row.getByRole("button", { name: `Test ${name}` }).click();
  await expect(row.getByRole("status")).toContainText("with 2 models");

  await page.goto("/routes/new");
  await page.getByLabel("Name of the route").fill(`route-${name}`);
  const target = page.getByRole("group", { name: "Target 1" });
  await target.getByLabel("Provider").selectOption(name);
  await target.getByLabel("Model").fill("tiny-1");
  await page.getByLabel("Refuse calls with").fill("(?=x)");
  const told = page.getByRole("complementary", { name: "What it will do" });
  await told.getByRole("button", { name: "Make this route" }).click();
  await expect(told.getByRole("alert"), "the server's own word on an expression that RE2 does not know").toBeVisible();
  await page.getByLabel("Refuse calls with").fill("(?i)ignore all previous");
  await told.getByRole("button", { name: "Make this route" }).click();
  const routes = page.getByRole("list", { name: "Routes" });
  await expect(routes).toContainText(`Calls of route-${name} go to ${name}/tiny-1.`);

  await page.goto("/providers");
  await page.getByRole("button", { name: `Remove ${name}` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(row.getByRole("alert")).toContainText(`route-${name}`);
  await page.goto("/routes");
  await routes.getByRole("link", { name: new RegExp(`route-${name}`) }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText(`route-${name}`)).toHaveCount(0);
  await page.goto("/providers");
  await page.getByRole("button", { name: `Remove ${name}` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);
  server.close();
});

test("the playground's answer has its cost from its trace, and a stop is shown as what it is", async ({ page, request }) => {
  const { server, url } = await upstream();
  const name = `up-${unique()}`;
  const headers = { Authorization: `Bearer ${key}` };
  // Priced as a model that has a price: 1,000,000 × $0.40 + 4 × $1.60 per million.
  const made = await request.post("/v1/gateway/providers", { headers, data: { name, kind: "openai_compatible", base_url: url, price_as: "openai", api_key: "sk-upstream-9aBc" } });
  expect(made.status(), await made.text()).toBe(201);
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.goto(`/playground?model=${name}/gpt-4.1-mini`);
  await page.getByLabel("Prompt").fill("Hello");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  const answer = page.getByRole("region", { name: `Answer of ${name}/gpt-4.1-mini` });
  await expect(answer.getByRole("log")).toContainText("Hello from the upstream.");
  await expect(answer.getByRole("definition").nth(2)).toContainText("1.00M");
  await expect(answer.getByRole("link", { name: "Open the trace" })).toBeVisible();
  await expect(answer.getByRole("definition").last()).not.toHaveText("…", { timeout: 15_000 });

  const stopped = await request.post("/v1/kill-switch/trigger", { headers, data: { reason: `stop ${name}`, scope: { model: `stopped-${name}` }, allow_routes: [] } });
  expect(stopped.status(), await stopped.text()).toBe(201);
  const { id } = (await stopped.json()) as { id: string };
  await page.goto(`/playground?model=${name}/stopped-${name}`);
  await page.getByLabel("Prompt").fill("Hello");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByRole("region", { name: /^Answer of/ }).getByRole("alert")).toContainText(`stop ${name}`);
  await page.goto("/requests?status=blocked&error_type=kill_switch_active");
  await expect(page.getByRole("grid", { name: "calls" }).getByRole("row").filter({ hasText: name })).toContainText("Kill switch", { timeout: 15_000 });
  await request.post(`/v1/kill-switch/${id}/release`, { headers });
  await request.delete(`/v1/gateway/providers/${((await made.json()) as { id: string }).id}`, { headers });
  server.close();
});

test("settings of the gateway are kept", async ({ page }) => {
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.goto("/gateway-settings");
  await page.getByRole("button", { name: "Add a rate" }).click();
  await page.getByRole("group", { name: "Rate 1" }).getByLabel("Requests a minute").fill("120");
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByRole("group", { name: "Rate 1" })).toContainText("120 requests");
  await page.reload();
  await expect(page.getByRole("group", { name: "Rate 1" })).toContainText("Each user may make 120 requests a minute.");
  await page.getByRole("button", { name: "Remove rate 1" }).click();
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("No rate:")).toBeVisible();
});

test("no page of the gateway breaks the content policy that the server sends", async ({ page }) => {
  // The fixture fails the test on any violation; this one is about having looked everywhere.
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  for (const path of ["/requests", "/playground", "/routes", "/routes/new", "/providers", "/gateway-settings", "/connect?via=gateway"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
    await expect(page.getByText("could not be loaded")).toHaveCount(0);
  }
});
