import { expect, openSignedIn, PHONE, seriousViolations, sidewaysOverflow, test } from "./dashboard";

test("shows what a stop would do before it does it, and every page while it holds", async ({ page }) => {
  await openSignedIn(page, "linus", "/kill-switch");
  const before = page.getByRole("complementary", { name: "Before you stop" });
  await expect(before.getByRole("status")).toHaveText("Stops every call.");
  await expect(before).toContainText(/In the last hour it would have stopped \d+ calls/);
  await expect(before.getByRole("button", { name: "Stop these calls" })).toBeDisabled();

  await page.getByLabel("Model").fill("gpt-*");
  await page.getByLabel("Routes that stay open").fill("/health");
  await expect(before.getByRole("status")).toHaveText("Stops calls to gpt-*, but not those of /health.");
  await page.getByLabel("Reason").fill("runaway agent");
  await page.getByLabel("How long").selectOption("60");
  await before.getByRole("button", { name: "Stop these calls" }).click();
  const asked = page.getByRole("alertdialog");
  await expect(asked).toContainText("for 1 hour");
  await asked.getByRole("button", { name: "Stop them" }).click();

  const banner = page.getByRole("alert", { name: "Kill switch" });
  await expect(banner).toContainText("Stops calls to gpt-*");
  await expect(banner).toContainText("runaway agent");
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await expect(banner).toBeVisible();

  await banner.getByRole("button", { name: "Release" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Release" }).click();
  await expect(banner).toBeHidden();
});

test("a dry run stops nothing and tells what it would have stopped", async ({ page }) => {
  await openSignedIn(page, "linus", "/kill-switch");
  await page.getByLabel("Reason").fill("just looking");
  await page.getByRole("button", { name: "Dry run" }).click();

  await expect(page.getByText("The dry run counts from now on")).toBeVisible();
  await expect(page.getByRole("alert", { name: "Kill switch" })).toHaveCount(0);
  const row = page.getByRole("list", { name: "Stops and dry runs" }).getByRole("listitem").first();
  await row.getByRole("button", { name: "What it would have stopped" }).click();
  await expect(row).toContainText("While it ran it would have stopped");
  await row.getByRole("button", { name: "End dry run" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "End it" }).click();
  await expect(row).toContainText("released");
});

test("shows a webhook address once, and revokes it", async ({ page }) => {
  await openSignedIn(page, "ada", "/kill-switch");
  await page.getByRole("button", { name: "New address" }).click();
  const dialog = page.getByRole("dialog", { name: "New webhook address" });
  await dialog.getByLabel("Name").fill("Pager");
  await dialog.getByRole("checkbox", { name: "Only take signed requests" }).check();
  await dialog.getByRole("button", { name: "Make it" }).click();

  const made = page.getByRole("dialog", { name: "“Pager” is made" });
  await expect(made.getByLabel("Webhook address")).toHaveText(/^http.*\/v1\/kill-switch\/hooks\/lxk_/);
  await expect(made.getByRole("region", { name: "signing secret" })).toBeVisible();
  await made.getByRole("button", { name: "I stored it" }).click();
  const hooks = page.getByRole("list", { name: "Webhook addresses" });
  await expect(hooks).not.toContainText("lxk_");

  await hooks.getByRole("listitem").filter({ hasText: "Pager" }).getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(hooks).not.toContainText("Pager");
});

test("a viewer sees stops and cannot make any", async ({ page }) => {
  await openSignedIn(page, "vera", "/kill-switch");

  await expect(page.getByRole("note")).toContainText("Members and above can do this");
  await expect(page.getByRole("list", { name: "Stops and dry runs" })).toContainText("runaway agent in triage");
  await expect(page.getByRole("button", { name: "Stop these calls" })).toHaveCount(0);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`the kill switch and its banner are accessible and fit, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await openSignedIn(page, "ada", "/kill-switch");
    await page.getByLabel("Reason").fill("runaway agent");
    await page.getByRole("button", { name: "Stop these calls" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Stop them" }).click();
    await expect(page.getByRole("alert", { name: "Kill switch" })).toBeVisible();
    expect(await seriousViolations(page)).toEqual([]);

    await page.setViewportSize(PHONE);
    await expect.poll(() => sidewaysOverflow(page)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
  });
}
