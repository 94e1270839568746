import { EMPTY_KEY, ERROR_TRACE, expect, open, openAs, openPalette, openSignedIn, PHONE, seriousViolations, sidewaysOverflow, test } from "./dashboard";

const PAGES = [
  { name: "overview", path: "/", ready: "Succeeded" },
  { name: "traces", path: "/traces?live=off", ready: "answer_with_docs" },
  { name: "sessions", path: "/traces?tab=sessions&live=off", ready: "ses_" },
  { name: "trace", path: `${ERROR_TRACE}?span=a000000000000003&view=usage`, ready: "PaymentDeclined" },
  { name: "messages", path: `${ERROR_TRACE}?span=a000000000000002`, ready: "lookup_order" },
  { name: "dead letters", path: "/dead-letters", ready: "Dead letters" },
  { name: "connect", path: "/connect", ready: "Send calls" },
] as const;

/** What only people who are signed in see. */
const OF_PEOPLE = [
  { name: "project", path: "/settings", ready: "Environments" },
  { name: "members", path: "/organisations/org_acme/members", ready: "grace@acme.example" },
  { name: "keys", path: "/settings/keys", ready: "Grafana" },
  { name: "limits", path: "/settings/limits", ready: "In effect" },
  { name: "redaction", path: "/settings/redaction", ready: "× email in input" },
  { name: "privacy", path: "/settings/privacy", ready: "proven gone" },
  { name: "organisation", path: "/organisations/org_acme", ready: "Owners" },
  { name: "sign-on", path: "/organisations/org_acme/sso", ready: "not confirmed" },
  { name: "audit", path: "/organisations/org_acme/audit", ready: "key changed" },
  { name: "account", path: "/account", ready: "this browser" },
] as const;

for (const { name, path, ready } of OF_PEOPLE) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${name} of people has no serious accessibility violation, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await openSignedIn(page, "ada", path);
      await expect(page.getByText(ready).first()).toBeVisible();

      expect(await seriousViolations(page)).toEqual([]);
    });
  }

  test(`${name} of people fits a phone`, async ({ page }) => {
    await page.setViewportSize(PHONE);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await openSignedIn(page, "ada", path);
    await expect(page.getByText(ready).first()).toBeAttached();

    expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
  });
}

for (const path of ["/sign-in", "/invitation#token=lxi_keys_seed"]) {
  test(`${path} is accessible and fits a phone`, async ({ page }) => {
    await page.setViewportSize(PHONE);
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByRole("textbox").first()).toBeVisible();

    expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
  });
}

for (const { name, path, ready } of PAGES) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${name} has no serious accessibility violation, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await open(page, path);
      await expect(page.getByText(ready).first()).toBeVisible();

      expect(await page.evaluate(() => document.documentElement.classList.contains("dark"))).toBe(colorScheme === "dark");
      expect(await seriousViolations(page)).toEqual([]);
    });
  }

  test(`${name} fits a phone`, async ({ page }) => {
    await page.setViewportSize(PHONE);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await open(page, path);
    await expect(page.getByText(ready).first()).toBeAttached();

    expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
  });
}

test("first steps are accessible and fit a phone", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await openAs(page, EMPTY_KEY, "/");
  await expect(page.getByRole("heading", { name: "Send your first call" })).toBeVisible();

  expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
  expect(await seriousViolations(page)).toEqual([]);
});

test("keeps the chosen theme", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/connect");

  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.reload();
  expect(await page.evaluate(() => document.documentElement.classList.contains("dark"))).toBe(true);
});

test("goes anywhere from the command palette", async ({ page }) => {
  await open(page, "/");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();

  await openPalette(page);
  await page.keyboard.type("dead");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/dead-letters/);

  await openPalette(page);
  await page.keyboard.type("e".repeat(32));
  await expect(page.getByRole("option").first()).toHaveText(/Open trace/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/traces\/eeee/);
});
