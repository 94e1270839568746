import { copiedText, DEMO_KEY, EMPTY_KEY, expect, open, openAs, test } from "./dashboard";

test("asks for a key, refuses a wrong one, and lets a right one in", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in to Lynex" })).toBeVisible();
  await page.getByText("Use an API key instead").click();

  await page.getByLabel("API key").fill("lx_wrong");
  await page.getByRole("button", { name: "Connect" }).click();
  await expect(page.getByRole("alert")).toHaveText("The server does not know this key.");

  await page.getByLabel("API key").fill(DEMO_KEY);
  await page.getByRole("button", { name: "Connect" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
});

test("takes the key of the start-up link and removes it from the address", async ({ page }) => {
  await page.goto(`/#key=${DEMO_KEY}`);

  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  expect(page.url()).not.toContain("key");
  await page.reload();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
});

test("says so when the key in this browser stops working", async ({ page }) => {
  await openAs(page, "lx_revoked", "/traces");

  await expect(page.getByRole("alert")).toHaveText("The key in this browser is no longer accepted.");
});

test("hides the key on screen and copies the real one", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, "/connect");

  await page.getByRole("tab", { name: "curl" }).click();
  await expect(page.getByRole("region", { name: "curl snippet" })).not.toContainText(DEMO_KEY);
  await page.getByRole("button", { name: "Copy curl snippet" }).click();
  await expect.poll(copiedText(page)).toContain(`Bearer ${DEMO_KEY}`);

  await page.getByRole("button", { name: "Show key" }).click();
  await expect(page.getByRole("region", { name: "curl snippet" })).toContainText(DEMO_KEY);
});

for (const path of ["/", "/traces"]) {
  test(`tells a new project what to do next on ${path}`, async ({ page }) => {
    await openAs(page, EMPTY_KEY, path);

    await expect(page.getByRole("heading", { name: "Send your first call" })).toBeVisible();
    await expect(page.getByRole("status").filter({ hasText: "Waiting for the first call" })).toBeVisible();
    await expect(page.getByRole("tab", { name: "OpenTelemetry" })).toBeVisible();
  });
}
