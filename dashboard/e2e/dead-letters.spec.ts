import { expect, openSignedIn, test } from "./dashboard";

test("shows why, what, and that a replay failed again", async ({ page }) => {
  await openSignedIn(page, "ada", "/dead-letters");
  await page.getByRole("link", { name: /memory limit/ }).click();

  const sheet = page.getByRole("dialog", { name: "Dead letter" });
  await expect(sheet.getByRole("region", { name: "events" })).toContainText("gpt-4.1");
  await sheet.getByRole("button", { name: "Replay" }).click();
  await expect(sheet.getByRole("alert")).toContainText("refused again");
});

test("replays one, deletes one after asking, replays the rest", async ({ page }) => {
  await openSignedIn(page, "ada", "/dead-letters");
  const letters = page.getByRole("list", { name: "Dead letters" }).getByRole("listitem");
  await expect(letters).toHaveCount(3);

  await page.getByRole("link", { name: /data was truncated/ }).click();
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await expect(letters).toHaveCount(2);

  await page.getByRole("link", { name: /a count over/ }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete for good" }).click();
  await expect(letters).toHaveCount(1);

  await page.getByRole("button", { name: "Replay all" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Replay all" }).click();
  await expect(page.getByRole("heading", { name: "No dead letters" })).toBeVisible();
});
