import { expect, open, test } from "./dashboard";

test("opens a trace from the keyboard", async ({ page }) => {
  await open(page, "/traces?live=off");
  await expect(page.getByRole("grid", { name: "traces" }).getByRole("row").nth(3)).toBeVisible();

  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const second = page.getByRole("row", { selected: true });
  await expect(second).toHaveAttribute("aria-rowindex", "3");
  const name = await second.getByRole("link").textContent();
  await page.keyboard.press("Enter");

  await expect(page.getByRole("heading", { level: 1, name: name ?? "" })).toBeVisible();
});

test("searches with the slash key and keeps the words in the address", async ({ page }) => {
  await open(page, "/traces");
  await expect(page.getByRole("grid")).toBeVisible();

  await page.keyboard.press("/");
  await expect(page.getByRole("textbox", { name: "Search input and output" })).toBeFocused();
  await page.keyboard.type("refund");
  await expect(page).toHaveURL(/q=refund/);

  await page.keyboard.press("Control+a");
  await page.keyboard.type("zzzznothing");
  await expect(page.getByRole("heading", { name: "No traces pass these filters" })).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(page.getByRole("grid", { name: "traces" })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Search input and output" })).toHaveValue("");
});

test("follows new traces, and only counts them when paused", async ({ page }) => {
  await open(page, "/traces");
  const first = page.getByRole("grid", { name: "traces" }).getByRole("row").nth(1).getByRole("link");
  await expect(first).toBeVisible();
  const before = await first.getAttribute("href");
  await expect(first).not.toHaveAttribute("href", before ?? "", { timeout: 12_000 });

  await page.getByRole("button", { name: "Live", exact: true }).click();
  await expect(page).toHaveURL(/live=off/);
  const pill = page.getByRole("button", { name: /\d+ new traces?/ });
  await expect(pill).toBeVisible({ timeout: 12_000 });
  await pill.click();
  await expect(pill).toBeHidden();
});

test("loads the next pages as the list is scrolled, with few rows in the page", async ({ page }) => {
  await open(page, "/traces?live=off&range=30d");
  const grid = page.getByRole("grid", { name: "traces" });
  await expect(grid).toHaveAttribute("aria-rowcount", "101");

  await grid.hover();
  await page.mouse.wheel(0, 3600);
  await expect(grid).toHaveAttribute("aria-rowcount", "201");
  expect(await grid.getByRole("row").count()).toBeLessThan(80);
});

test("switches between traces, spans and sessions", async ({ page }) => {
  await open(page, "/traces");

  await page.getByRole("tab", { name: "Spans" }).click();
  await expect(page).toHaveURL(/tab=spans/);
  await expect(page.getByRole("columnheader", { name: "First token" })).toBeVisible();

  await page.getByRole("tab", { name: "Sessions" }).click();
  await page.getByRole("grid", { name: "sessions" }).getByRole("link").first().click();
  await expect(page).toHaveURL(/session_id=ses_/);
  await expect(page.getByRole("grid", { name: "traces" })).toBeVisible();
});

test("saves what passes the filters as a file", async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  await open(page, "/traces?model=o3");

  await page.getByRole("button", { name: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "NDJSON" }).click();
  expect((await download).suggestedFilename()).toMatch(/^lynex-spans-.*\.ndjson$/);
});
