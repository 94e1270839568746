import { EMPTY_KEY, expect, looksRight, openAs, openSignedIn, test } from "./dashboard";

test("takes an incident, says a word about it, and resolves it", async ({ page }) => {
  await openSignedIn(page, "linus", "/alerts");
  const incidents = page.getByRole("list", { name: "Incidents" });
  await incidents.getByRole("link", { name: /error rate of gpt-4\.1/ }).first().click();
  const sheet = page.getByRole("dialog", { name: "Incident" });
  await expect(sheet.getByRole("list", { name: "Timeline" })).toContainText("7.4 % is above 5 %");
  await expect(sheet).toContainText("status page first");

  await sheet.getByRole("button", { name: "Acknowledge" }).click();
  await expect(sheet.getByRole("list", { name: "Timeline" })).toContainText("Taken by");
  await sheet.getByLabel("A word about it").fill("The provider has an outage.");
  await sheet.getByRole("button", { name: "Comment" }).click();
  await expect(sheet.getByRole("list", { name: "Timeline" })).toContainText("The provider has an outage.");
  await sheet.getByRole("button", { name: "Resolve" }).click();
  await expect(sheet.getByRole("button", { name: "Resolve" })).toHaveCount(0);

  await sheet.getByRole("button", { name: "Close" }).click();
  await page.getByRole("radio", { name: "Open" }).click();
  await expect(page.getByRole("heading", { name: "No such incident" })).toBeVisible();
});

test("shows how often a rule would have fired before it is made", async ({ page }) => {
  await openSignedIn(page, "linus", "/alerts/rules");
  await page.getByRole("link", { name: "New rule" }).click();
  const aside = page.getByRole("complementary", { name: "What it will do" });
  await expect(aside).toContainText("Give it a name and a limit");

  await page.getByRole("textbox", { name: "Name" }).fill("Dear hours");
  await page.getByLabel("Figure").selectOption("cost_usd_per_hour");
  await page.getByLabel("Limit, in US dollars an hour").fill("6");
  await page.getByLabel("For each").selectOption("model");
  await expect(aside).toContainText("Would have fired 10 times");
  await expect(aside.getByRole("img", { name: /Firings a day/ })).toBeVisible();
  await page.getByLabel("Limit, in US dollars an hour").fill("30");
  await expect(aside).toContainText("Would have fired 2 times");

  await aside.getByRole("button", { name: "Make this rule" }).click();
  await expect(page.getByRole("heading", { name: "Dear hours" })).toBeVisible();
  await page.getByLabel("Figure").selectOption("queue_entries");
  await expect(aside).toContainText("cannot be tried");
});

test("silences for a while, and mutes every night", async ({ page }) => {
  await openSignedIn(page, "linus", "/alerts/quiet");
  await page.getByRole("button", { name: "New silence" }).click();
  const dialog = page.getByRole("dialog", { name: "New silence" });
  await dialog.getByLabel("Incidents for which all of these hold").fill("severity is warning");
  await expect(dialog.getByText("A label, then =")).toBeVisible();
  await dialog.getByLabel("Incidents for which all of these hold").fill("severity = warning");
  await dialog.getByLabel("Reason").fill("migration under way");
  await dialog.getByRole("button", { name: "Silence" }).click();
  const silences = page.getByRole("list", { name: "Silences" });
  await expect(silences).toContainText("severity is warning");
  await silences.getByRole("button", { name: "End now" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "End it" }).click();
  await expect(page.getByRole("heading", { name: "Nothing is silenced" })).toBeVisible();

  await page.getByRole("button", { name: "New schedule" }).click();
  const schedule = page.getByRole("dialog", { name: "New mute schedule" });
  await schedule.getByRole("textbox", { name: "Name" }).fill("Nights");
  await schedule.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("list", { name: "Mute schedules" })).toContainText("mon tue wed thu fri 22:00–07:00");
});

test("tries a channel, shows what did not get through, and a signing secret once", async ({ page }) => {
  await openSignedIn(page, "linus", "/alerts/channels");
  const rows = page.getByRole("list", { name: "Channels" }).getByRole("listitem");
  const pager = rows.filter({ hasText: "Pager" });
  await expect(pager).toContainText("Nothing gets through since");
  await pager.getByRole("button", { name: "Test" }).click();
  await expect(pager.getByRole("status")).toContainText("invalid routing key");
  await rows.filter({ hasText: "#ai-costs" }).getByRole("button", { name: "Test" }).click();
  await expect(rows.filter({ hasText: "#ai-costs" }).getByRole("status")).toHaveText("The test message got through.");
  await pager.getByRole("button", { name: "Deliveries" }).click();
  await expect(page.getByRole("list", { name: "Deliveries" })).toContainText("given up");
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("list", { name: "Deliveries" })).toBeHidden();

  await page.getByRole("button", { name: "New channel" }).click();
  const dialog = page.getByRole("dialog", { name: "New channel" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Own receiver");
  await dialog.getByLabel("Kind").selectOption("webhook");
  await expect(dialog.getByRole("button", { name: "Make it" })).toBeDisabled();
  await dialog.getByLabel("Address", { exact: true }).fill("https://example.org/hook");
  await dialog.getByText("Words of your own").click();
  await dialog.getByLabel("Title").fill("{severity}: {rule}");
  await expect(dialog.getByText("critical: Errors in production")).toBeVisible();
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(page.getByLabel("Signing secret")).toHaveText("9f2c61d0b7a84e35");
  await page.getByRole("button", { name: "I stored it" }).click();
  await expect(rows).toHaveCount(3);
});

test("sends a digest, which can be read before", async ({ page }) => {
  await openSignedIn(page, "linus", "/alerts/digests");
  await page.getByRole("button", { name: "New digest" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Spend of the week");
  await page.getByRole("checkbox", { name: "#ai-costs" }).check();
  await page.getByRole("button", { name: "Save" }).click();

  const digests = page.getByRole("list", { name: "Cost digests" });
  await expect(digests).toContainText("Each Monday at 08:00");
  await expect(digests).toContainText("on #ai-costs");
  await digests.getByRole("button", { name: "Read" }).click();
  await expect(page.getByRole("dialog", { name: "The newest edition" })).toContainText("spent $41.20 last week");
});

test("tells a new project what to do, and a viewer what he may not", async ({ page }) => {
  await openAs(page, EMPTY_KEY, "/alerts/rules");
  await expect(page.getByRole("heading", { name: "No alert rule yet" })).toBeVisible();
});

test("a viewer sees alerts and changes none", async ({ page }) => {
  await openSignedIn(page, "vera", "/alerts/channels");

  await expect(page.getByRole("note")).toContainText("Members and above can do this");
  await expect(page.getByRole("button", { name: "Test" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Deliveries" }).first()).toBeVisible();
});

looksRight([
  ["/alerts", "error rate of gpt-4.1"],
  ["/alerts?incident=ali_open", "7.4 % is above 5 %"],
  ["/alerts/rules", "Errors in production"],
  ["/alerts/rules/alr_errors", "Would have fired"],
  ["/alerts/quiet", "Nothing is silenced"],
  ["/alerts/channels", "#ai-costs"],
  ["/alerts/digests", "No digest yet"],
]);
