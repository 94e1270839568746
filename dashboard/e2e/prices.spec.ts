import { expect, openSignedIn, PHONE, seriousViolations, sidewaysOverflow, test } from "./dashboard";

test("finds a model with every rate, its source and what held before", async ({ page }) => {
  await openSignedIn(page, "vera", "/prices");
  await page.getByRole("searchbox", { name: "Search models" }).fill("claude sonnet");

  const models = page.getByRole("list", { name: "Models" }).getByRole("listitem");
  await expect(models).toHaveCount(1);
  await expect(models.first()).toContainText("own");
  await expect(models.first()).toContainText("$2.55");
  await expect(page).toHaveURL(/q=claude/);
  await models.first().getByText(/What held before/).click();
  await expect(models.first().getByText("not now")).toBeVisible();
});

test("sets an own price, asks whether a slip is meant, corrects, ends and removes it", async ({ page }) => {
  await openSignedIn(page, "grace", "/prices/own");
  await page.getByRole("button", { name: "New price" }).click();
  const dialog = page.getByRole("dialog", { name: "New own price" });
  await dialog.getByLabel("Model").fill("gpt-4.1*");
  await dialog.getByLabel("US dollars 1").fill("2250000");
  await dialog.getByRole("button", { name: "Set this price" }).click();
  await expect(dialog.getByRole("alert")).toContainText("a token would cost $2,250,000 a million");
  await expect(dialog.getByRole("checkbox", { name: /I mean it/ })).toBeVisible();

  await dialog.getByLabel("US dollars 1").fill("2.25");
  await dialog.getByText("Factors by service tier").click();
  await dialog.getByLabel("Service tiers").fill("batch 0.5");
  await dialog.getByRole("button", { name: "Set this price" }).click();
  const row = page.getByRole("list", { name: "Own prices" }).getByRole("listitem").filter({ hasText: "gpt-4.1*" });
  await expect(row).toContainText("$2.25 input tokens, batch × 0.5");

  await row.getByRole("button", { name: "Edit" }).click();
  const editing = page.getByRole("dialog", { name: "Correct an own price" });
  await editing.getByLabel("Kind of price").selectOption("flat");
  await editing.getByLabel("US dollars per million tokens").fill("1.5");
  await editing.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("$1.5 per million tokens");

  await row.getByRole("button", { name: "End" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "End it now" }).click();
  await expect(row.getByText("ended", { exact: true })).toBeVisible();
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("checkbox", { name: /removed/ }).check();
  await expect(row.getByText("removed", { exact: true })).toBeVisible();
});

test("corrects and ends a price of the whole organisation", async ({ page }) => {
  await openSignedIn(page, "ada", "/prices/own");
  await page.getByRole("button", { name: "New price" }).click();
  const adding = page.getByRole("dialog", { name: "New own price" });
  await adding.getByLabel("For", { exact: true }).selectOption("organisation");
  await adding.getByLabel("Model").fill("our-llama");
  await adding.getByLabel("Kind of price").selectOption("flat");
  await adding.getByLabel("US dollars per million tokens").fill("0.2");
  await adding.getByRole("button", { name: "Set this price" }).click();
  const row = page.getByRole("list", { name: "Own prices" }).getByRole("listitem").filter({ hasText: "our-llama" });

  await row.getByRole("button", { name: "Edit the price of our-llama" }).click();
  const editing = page.getByRole("dialog", { name: "Correct an own price" });
  await editing.getByLabel("US dollars per million tokens").fill("0.3");
  await editing.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("$0.3 per million tokens");
  await expect(row.getByText("organisation", { exact: true })).toBeVisible();
  await row.getByRole("button", { name: "End the price of our-llama" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "End it now" }).click();
  await expect(row.getByText("ended", { exact: true })).toBeVisible();
});

test("works out a cost, and never calls an unknown one free", async ({ page }) => {
  await openSignedIn(page, "vera", "/prices/calculator");
  await page.getByLabel("Model").fill("gpt-4.1");
  await page.getByRole("button", { name: "Work out the cost" }).click();
  const cost = page.getByRole("region", { name: "Cost" });
  // 1,000 × $2 + 500 × $8 per million.
  await expect(cost).toContainText("$0.006");
  await expect(cost).toContainText("genai-prices");

  await page.getByLabel("Model").fill("our-own-model");
  await page.getByRole("button", { name: "Work out the cost" }).click();
  await expect(cost).toContainText("unpriced");
  await expect(cost).not.toContainText("$");

  await page.getByLabel("Input tokens").fill("1.5");
  await expect(page.getByRole("alert")).toContainText("whole numbers");
});

test("prices an unpriced model by its GPU hours, with the calls before", async ({ page }) => {
  await openSignedIn(page, "grace", "/prices/unpriced");
  await page.getByRole("button", { name: /^Price it.*qwen3-coder/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Kind of price").selectOption("gpu_hour");
  await dialog.getByLabel("US dollars per GPU hour").fill("2.40");
  await dialog.getByLabel(/^Tokens a second/).fill("1500");
  await dialog.getByLabel("Busy, in percent").fill("40");
  await expect(dialog).toContainText("That is $1.11 per million tokens.");
  await dialog.getByRole("button", { name: "Set this price" }).click();

  await expect(page.getByRole("heading", { name: "Every call has a price" })).toBeVisible();
  await page.getByRole("link", { name: "show how far it is" }).click();
  await expect(page.getByRole("region", { name: "This run" })).toContainText("looked at");
});

test("shows what pricing again would change, then does it", async ({ page }) => {
  await openSignedIn(page, "grace", "/prices/reprice");
  await page.getByRole("button", { name: "Dry run" }).click();
  await expect(page.getByRole("progressbar", { name: "How far it is" })).toBeVisible();

  const wouldChange = page.getByRole("region", { name: "What would change" });
  await expect(wouldChange.getByRole("row").filter({ hasText: "unpriced" }).first()).toBeVisible();
  await wouldChange.getByRole("button", { name: /^Price .* calls again/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Price again" }).click();
  await expect(page.getByRole("region", { name: "This run" })).toContainText("looked at");
  await expect(page.getByRole("list", { name: "Earlier runs" }).getByRole("listitem")).toHaveCount(2);
});

test("says why a run failed, and starts it again", async ({ page }) => {
  await openSignedIn(page, "grace", "/prices/reprice");
  await page.getByLabel("Model").fill("failing-*");
  await page.getByRole("button", { name: "Dry run" }).click();

  const run = page.getByRole("region", { name: "What would change" });
  await expect(run.getByRole("status")).toHaveText(/^It failed: .*Narrow the time range/);
  await expect(run).not.toContainText("Every price is as it would be");
  const earlier = page.getByRole("list", { name: "Earlier runs" }).getByRole("listitem");
  await expect(earlier.first().getByText("failed", { exact: true })).toBeVisible();
  expect(await seriousViolations(page)).toEqual([]);

  await run.getByRole("button", { name: "Start again" }).click();
  await expect(earlier).toHaveCount(2);
  await expect(page.getByRole("progressbar", { name: "How far it is" })).toBeVisible();
});

test("compares sources, and a provider's report with ours", async ({ page }) => {
  await openSignedIn(page, "grace", "/prices/sources");
  await expect(page.getByRole("heading", { name: "Not compared yet" })).toBeVisible();
  await page.getByRole("button", { name: "Compare now" }).click();
  await expect(page.getByRole("row").filter({ hasText: "gpt-4.1" })).toContainText("2.00×");

  await page.getByRole("link", { name: "Reconciliation" }).click();
  await page.getByLabel("Report file").setInputFiles({ name: "notes.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2") });
  await expect(page.getByRole("alert")).toContainText("neither an export of OpenAI nor one of Anthropic");
  await page.getByLabel("Report file").setInputFiles({ name: "november.csv", mimeType: "text/csv", buffer: Buffer.from("usage_date_utc,model,cost_usd\n2026-01-05,claude-sonnet-4-5,1.25\n") });
  await expect(page.getByRole("list", { name: "Provider reports" })).toContainText("november.csv");
  await expect(page.getByRole("region", { name: "Why" })).toContainText("never came here");
  await expect(page.getByRole("row").filter({ hasText: "claude-haiku-4-5" })).toContainText("another rate");
});

for (const path of ["/prices", "/prices/own", "/prices/calculator", "/prices/unpriced", "/prices/reprice", "/prices/sources", "/prices/reconciliation"]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${path} is accessible and fits, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await openSignedIn(page, "ada", path);
      await expect(page.getByRole("heading", { level: 1, name: "Prices" })).toBeVisible();
      await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
      expect(await seriousViolations(page)).toEqual([]);

      await page.setViewportSize(PHONE);
      await expect.poll(() => sidewaysOverflow(page)).toBeLessThanOrEqual(0);
    });
  }
}
