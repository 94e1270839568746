import { BROKEN_KEY, expect, open, openAs, test } from "./dashboard";

test("shows the figures, says what is unpriced, and compares with before", async ({ page }) => {
  await open(page, "/");

  const figures = page.getByRole("list", { name: "Key figures" });
  for (const name of ["Requests", "Errors", "Cost", "Tokens", "Latency p50", "Latency p95"]) await expect(figures.getByText(name, { exact: true })).toBeVisible();
  await expect(figures.getByText(/\d+ unpriced/)).toBeVisible();
  await expect(page.getByRole("note")).toContainText("the cost above does not include them");
  await expect(page.getByRole("img", { name: "Cost by model over time" })).toBeVisible();
});

test("says what went through the gateway, and leads to what it refused", async ({ page }) => {
  await open(page, "/?range=7d");

  const card = page.getByRole("region", { name: "Through the gateway" });
  await expect(card.getByRole("definition").first()).toHaveText(/^\d/);
  await expect(card).toContainText(/saved \$\d/);
  await expect(card).toContainText("Under way");
  await card.getByRole("link", { name: /Budget used up/ }).click();
  await expect(page).toHaveURL(/requests\?range=7d&status=blocked&error_type=budget_exceeded/);
  await expect(page.getByRole("grid", { name: "calls" }).getByRole("row").nth(1)).toContainText("Budget used up");
});

test("never shows an unpriced model as free", async ({ page }) => {
  await open(page, "/");

  const row = page.getByRole("row").filter({ hasText: "qwen3-coder:30b-internal" });
  await expect(row).toContainText("unpriced");
  await expect(row).not.toContainText("$");
});

test("filters by a click, keeps it in the address, and comes back with it", async ({ page }) => {
  await open(page, "/");

  await page.getByRole("table", { name: /Top models/ }).getByRole("button", { name: "gpt-4.1 openai" }).click();
  await expect(page).toHaveURL(/\?model=gpt-4\.1$/);
  await expect(page.getByRole("table", { name: /Top models/ }).getByRole("row")).toHaveCount(2);

  await page.reload();
  await expect(page.getByRole("button", { name: /Model gpt-4\.1/ })).toBeVisible();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  await expect(page).not.toHaveURL(/model/);
  await page.goBack();
  await expect(page).toHaveURL(/model=gpt-4\.1/);
});

test("filters by what occurs, from the filter bar", async ({ page }) => {
  await open(page, "/");

  await page.getByRole("button", { name: "Environment" }).click();
  await page.getByRole("checkbox", { name: /staging/ }).click();
  await expect(page).toHaveURL(/environment=staging/);
});

test("picks a range and a time of one's own", async ({ page }) => {
  await open(page, "/");

  await page.getByRole("button", { name: /Time range/ }).click();
  await page.getByRole("button", { name: "Last 7 days" }).click();
  await expect(page).toHaveURL(/range=7d/);

  await page.getByRole("button", { name: /Time range/ }).click();
  await page.getByRole("button", { name: "Show this time" }).click();
  await expect(page.getByRole("alert")).toHaveText("Say when it starts.");
  await page.getByLabel("From").fill("2026-01-01T00:00");
  await page.getByRole("button", { name: "Show this time" }).click();
  await expect(page).toHaveURL(/from=2026-01-01T/);
});

test("says what is wrong and offers to try again when the store is down", async ({ page }) => {
  await openAs(page, BROKEN_KEY, "/");

  await expect(page.getByRole("alert").first()).toContainText("The columnar engine does not answer");
  await expect(page.getByRole("button", { name: "Try again" }).first()).toBeVisible();
});
