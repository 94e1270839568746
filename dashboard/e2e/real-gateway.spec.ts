/** The gateway's pages against a real server: LYNEX_E2E_URL names it, LYNEX_E2E_KEY is a key of it. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test } from "./dashboard";

const key = process.env.LYNEX_E2E_KEY ?? "";
const unique = () => randomBytes(4).toString("hex");

/** A server that has two models, and knows one key. */
async function upstream(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === "Bearer sk-upstream-9aBc";
    response.writeHead(isKnown ? 200 : 401, { "Content-Type": "application/json" });
    response.end(JSON.stringify(isKnown ? { object: "list", data: [{ id: "tiny-1", object: "model" }, { id: "tiny-2", object: "model" }] } : { error: { message: "Incorrect API key provided" } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

test("a provider is added, tried, led to by a route, and removed after it", async ({ page }) => {
  const { server, url } = await upstream();
  const name = `up-${unique()}`;
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.goto("/gateway/providers");
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

  await page.goto("/gateway/routes/new");
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

  await page.goto("/gateway/providers");
  await page.getByRole("button", { name: `Remove ${name}` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(row.getByRole("alert")).toContainText(`route-${name}`);
  await page.goto("/gateway/routes");
  await routes.getByRole("link", { name: new RegExp(`route-${name}`) }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText(`route-${name}`)).toHaveCount(0);
  await page.goto("/gateway/providers");
  await page.getByRole("button", { name: `Remove ${name}` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);
  server.close();
});

test("settings of the gateway are kept", async ({ page }) => {
  await page.goto(`/#key=${key}`);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.goto("/gateway/settings");
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
  for (const path of ["/gateway", "/gateway/playground", "/gateway/routes", "/gateway/routes/new", "/gateway/providers", "/gateway/settings", "/connect?via=gateway"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
    await expect(page.getByText("could not be loaded")).toHaveCount(0);
  }
});
