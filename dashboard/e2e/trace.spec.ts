import { ERROR_TRACE, expect, HUGE_TRACE, open, PHONE, test } from "./dashboard";

test("shows the tree, the error, the conversation, and the cost with its source", async ({ page }) => {
  await open(page, ERROR_TRACE);
  await expect(page.getByRole("treeitem")).toHaveCount(4);

  await page.getByRole("treeitem", { name: /refund_order/ }).click();
  await expect(page).toHaveURL(/span=a000000000000003/);
  await expect(page.getByRole("note", { name: "Error" })).toContainText("older than 180 days");

  await page.getByRole("treeitem", { name: /chat claude/ }).first().click();
  await expect(page.getByRole("list", { name: "Input" }).getByText("System")).toBeVisible();
  await expect(page.getByRole("list", { name: "Output" })).toContainText("lookup_order");

  await page.getByRole("tab", { name: "Usage and cost" }).click();
  await expect(page.getByRole("region", { name: "Cost" })).toContainText("priced");
  await expect(page.getByRole("region", { name: "Cost" })).toContainText("genai-prices 0.2.3");
  await expect(page.getByRole("row", { name: /^Input/ })).toBeVisible();
});

test("walks and folds the tree from the keyboard", async ({ page }) => {
  await open(page, ERROR_TRACE);
  await expect(page.getByRole("treeitem")).toHaveCount(4);
  await page.getByRole("tree", { name: "Spans" }).focus();

  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("treeitem", { selected: true })).toHaveAccessibleName(/chat claude/);
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("treeitem", { selected: true })).toHaveAccessibleName(/triage_agent/);
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("treeitem")).toHaveCount(1);
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("treeitem")).toHaveCount(4);
});

test("opens a trace of 33,000 spans and scrolls it (mlflow#24314, opik#4136)", async ({ page }) => {
  await open(page, HUGE_TRACE);
  await expect(page.getByText("33,000", { exact: false }).first()).toBeVisible();
  await expect(page.getByRole("treeitem").first()).toBeVisible();

  await page.getByRole("tree").hover();
  await expect(async () => {
    await page.mouse.wheel(0, 12_000);
    await expect(page.getByText(/[1-9],\d{3} of 33,000 spans/)).toBeAttached({ timeout: 300 });
  }).toPass();
  expect(await page.getByRole("treeitem").count()).toBeLessThan(120);
});

test("opens the span that the link names", async ({ page }) => {
  await open(page, `${ERROR_TRACE}?span=a000000000000004&view=details`);

  await expect(page.getByRole("region", { name: "Selected span" }).getByText("a000000000000004")).toBeVisible();
  await expect(page.getByRole("tab", { name: "Details" })).toHaveAttribute("aria-selected", "true");
});

test("covers the tree with the span on a phone, and gives it back", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await open(page, ERROR_TRACE);

  await page.getByRole("treeitem", { name: /refund_order/ }).click();
  await expect(page.getByRole("dialog", { name: "Span" })).toContainText("PaymentDeclined");
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("treeitem")).toHaveCount(4);
});

test("says plainly that a trace is not here", async ({ page }) => {
  await open(page, "/traces/00000000000000000000000000000000");

  await expect(page.getByRole("heading", { name: "This trace is not here" })).toBeVisible();
});
