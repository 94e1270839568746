import { EMPTY_KEY, expect, looksRight, openAs, openSignedIn, test } from "./dashboard";

test("shows who is close first, and when it is used up", async ({ page }) => {
  await openSignedIn(page, "ada", "/budgets");

  const rows = page.getByRole("list", { name: "Budgets" }).getByRole("listitem");
  await expect(rows.first()).toContainText("Trial of acme-corp");
  const gpt = rows.filter({ hasText: "GPT in production" });
  await expect(gpt.getByRole("meter")).toHaveAccessibleName(/94\.2% of \$50\.00/);
  await expect(gpt).toContainText("used up in 1 hour");
  await expect(gpt).toContainText("80 % sure: $52.10 to $64.50");
});

test("says in words what a budget will do while it is typed, and makes it", async ({ page }) => {
  await openSignedIn(page, "grace", "/budgets");
  await page.getByRole("link", { name: "New budget" }).click();
  const told = page.getByRole("complementary", { name: "What it will do" });
  await expect(told).toContainText("Give it a name and a limit");
  await expect(told.getByRole("button", { name: "Make this budget" })).toBeDisabled();

  await page.getByRole("textbox", { name: "Name" }).fill("Claude at night");
  await page.getByRole("textbox", { name: "Limit", exact: true }).fill("12.50");
  await page.getByRole("combobox", { name: "Model", exact: true }).fill("claude-*");
  await page.getByLabel("In each").selectOption("day");
  await page.getByLabel("Time zone").fill("Mars/Olympus");
  await page.getByRole("radio", { name: /^Stop/ }).check();
  await expect(page.getByText("'Mars/Olympus' is no IANA time zone")).toBeVisible();

  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await page.getByRole("checkbox", { name: "Hard stop" }).check();
  await expect(told.getByRole("status")).toHaveText("Stops calls to claude-* once $12.5 are spent between midnight and midnight, Europe/Berlin; calls at the same time cannot pass it together; tells at 50 %, 80 %, 90 % and 100 %.");
  await told.getByRole("button", { name: "Make this budget" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Claude at night" })).toBeVisible();
  await expect(page.getByRole("list", { name: "Whose calls" })).toContainText("claude-*");
});

test("suggests what occurs, and asks for what an action needs", async ({ page }) => {
  await openSignedIn(page, "grace", "/budgets/new");

  await expect(page.locator("datalist option[value='production']")).toBeAttached();
  await page.getByRole("textbox", { name: "Name" }).fill("Cheaper");
  await page.getByRole("textbox", { name: "Limit", exact: true }).fill("5");
  await page.getByRole("radio", { name: /^Cheaper model/ }).check();
  await expect(page.getByRole("button", { name: "Make this budget" })).toBeDisabled();
  await page.getByLabel("Model to use instead").fill("gpt-4.1-mini");
  await page.getByLabel("In each").selectOption("rolling");
  await page.getByLabel("Window", { exact: true }).fill("6");
  await expect(page.getByRole("complementary").getByRole("status").filter({ hasText: "Moves calls" })).toHaveText(/to gpt-4\.1-mini once \$5 are spent within any 6 hours/);
});

test("lets calls through for a while, with a reason", async ({ page }) => {
  await openSignedIn(page, "ada", "/budgets/bud_gpt");
  await page.getByRole("button", { name: "Let calls through" }).click();
  const dialog = page.getByRole("dialog", { name: "Let calls through for a while" });
  await expect(dialog.getByRole("button", { name: "Let them through" })).toBeDisabled();

  await dialog.getByLabel("For").selectOption("240");
  await dialog.getByLabel("Reason").fill("launch day");
  await dialog.getByRole("button", { name: "Let them through" }).click();

  await expect(page.getByRole("note").filter({ hasText: "launch day" })).toContainText("stops nothing until");
  await expect(page.getByText("let through", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Let it hold again" }).click();
  await expect(page.getByRole("note").filter({ hasText: "launch day" })).toBeHidden();
  await expect(page.getByText("let through", { exact: true })).toBeHidden();
});

test("shows history and news, and removes a budget only when its name is typed", async ({ page }) => {
  await openSignedIn(page, "ada", "/budgets/bud_gpt");
  await expect(page.getByRole("img", { name: "What GPT in production spent in each period" })).toBeVisible();
  await expect(page.getByRole("list", { name: "News" })).toContainText("90 % passed");

  await page.getByRole("button", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog", { name: "Remove this budget?" });
  await expect(dialog.getByRole("button", { name: "Remove it" })).toBeDisabled();
  await dialog.getByRole("textbox").fill("GPT in production");
  await dialog.getByRole("button", { name: "Remove it" }).click();
  await expect(page.getByRole("list", { name: "Budgets" }).getByRole("listitem")).toHaveCount(5);
});

test("says what apps do that leave it to their project", async ({ page }) => {
  await openSignedIn(page, "ada", "/budgets");
  const choice = page.getByLabel("SDKs");
  await expect(choice).toHaveValue("warn");

  await choice.selectOption("enforce");

  await expect(page.getByText(/^Changed .*, ada@acme\.example\.$/)).toBeVisible();
  await expect(choice).toHaveValue("enforce");
});

test("shows a viewer why he cannot change any", async ({ page }) => {
  await openSignedIn(page, "vera", "/budgets");

  await expect(page.getByRole("note")).toContainText("Admins and above can do this");
  await expect(page.getByRole("link", { name: "New budget" })).toHaveCount(0);
});

test("tells a new project what a budget is for", async ({ page }) => {
  await openAs(page, EMPTY_KEY, "/budgets");

  await expect(page.getByRole("heading", { name: "No budget yet" })).toBeVisible();
  await expect(page.getByRole("link", { name: "New budget" })).toBeVisible();
});

looksRight([
  ["/budgets", "Triage agents"],
  ["/budgets/bud_everything", "Forecast"],
  ["/budgets/bud_gpt/edit", "tells at 50 %"],
]);
