/** People against a real, fresh server: LYNEX_E2E_URL names it, LYNEX_E2E_OWNER_LINK is the link that it printed. */
import { randomBytes } from "node:crypto";

import type { Browser, Page } from "@playwright/test";

import { copiedText, expect, test } from "./dashboard";

const ownerLink = process.env.LYNEX_E2E_OWNER_LINK ?? "";
const PASSWORD = "seven quiet lanterns at dusk";
const OWNER = "ada@example.org";

// One story: each test begins where the one before ended.
test.describe.configure({ mode: "serial" });

const projectName = `Shop ${randomBytes(3).toString("hex")}`;
let projectAddress = "";

test("the first link makes the owner, whose new project shows its first call", async ({ page, context, request }) => {
  expect(ownerLink, "LYNEX_E2E_OWNER_LINK must hold the link that the server printed").not.toBe("");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(ownerLink);
  await expect(page.getByRole("heading", { name: "Welcome to Lynex" })).toBeVisible();
  expect(page.url(), "the token is not left in the address").not.toContain("token");
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail address").fill(OWNER);
  await page.getByLabel("Password (recommended)").fill(PASSWORD);
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();

  await page.getByRole("button", { name: /^Project: / }).first().click();
  await page.getByRole("option", { name: "New project" }).click();
  const adding = page.getByRole("dialog", { name: "New project" });
  await adding.getByLabel("Name", { exact: true }).fill(projectName);
  await adding.getByRole("button", { name: "Create project" }).click();
  await expect(page.getByRole("heading", { name: "Send your first call" })).toBeVisible();
  await expect(page).toHaveURL(/project=/);
  projectAddress = page.url();

  await page.getByRole("button", { name: "Create an API key" }).click();
  await page.getByRole("button", { name: "Copy API key" }).click();
  await expect.poll(copiedText(page)).toMatch(/^lx_/);
  const key = await copiedText(page)();
  const sent = await request.post("/v1/events", {
    headers: { Authorization: `Bearer ${key}` },
    data: { ts: new Date().toISOString(), provider: "openai", model: "gpt-4.1-mini", route: "/first", tokens_in: 1_000_000, tokens_out: 0, latency_ms: 5, status: "ok" },
  });
  expect(await sent.json()).toMatchObject({ accepted: 1 });
  await expect(page.getByText("$0.40").first()).toBeVisible({ timeout: 20_000 });

  await page.goto("/settings/keys");
  await expect(page.getByRole("list", { name: "API keys" }).getByRole("listitem")).toContainText(["first app"]);
});

test("an invited viewer gets in by the link, sees the calls, and can change nothing", async ({ page, browser, baseURL }) => {
  await signIn(page, OWNER);
  await page.goto(projectAddress.replace("/?", "/settings/members?"));
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail address").fill("grace@example.org");
  await page.getByLabel("Role", { exact: true }).selectOption("viewer");
  await page.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
  const link = await page.getByRole("textbox", { name: "Invitation link" }).innerText();
  await page.getByRole("button", { name: "I copied it" }).click();
  await expect(page.getByRole("list", { name: "Open invitations" })).toContainText("grace@example.org");

  const grace = await elsewhere(browser, baseURL);
  await grace.goto(link);
  await grace.getByLabel("Your name").fill("Grace");
  await grace.getByLabel(/^Password/).fill(PASSWORD);
  await grace.getByRole("button", { name: "Join" }).click();
  await expect(grace.getByText("$0.40").first()).toBeVisible();

  await grace.getByRole("link", { name: "Project", exact: true }).click();
  await expect(grace.getByRole("note")).toContainText("You are a viewer in this project");
  await expect(grace.getByLabel("Name of the project")).toBeDisabled();
  await expect(grace.getByRole("link", { name: "API keys" })).toHaveCount(0);
  await expect(grace.getByRole("button", { name: "Delete project" })).toBeDisabled();
  await expect(grace.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Organisation" })).toHaveCount(0);
  await grace.getByRole("link", { name: "Members", exact: true }).click();
  await expect(grace.getByRole("list", { name: "Members" })).toContainText("grace@example.org");
  await expect(grace.getByRole("button", { name: "Invite" })).toHaveCount(0);
  await grace.context().close();
});

test("every page of an owner works, and keeps to the content policy", async ({ page }) => {
  await signIn(page, OWNER);
  await page.goto(projectAddress);
  await page.getByRole("link", { name: "Organisation" }).click();
  await expect(page.getByLabel("Name of the organisation")).toBeVisible();
  const organisation = new URL(page.url()).pathname;
  for (const [path, ready] of [
    ["/settings", "Environments"],
    ["/settings/limits", "In effect"],
    ["/settings/redaction", "Built-in detectors"],
    ["/settings/privacy", "Nobody was erased yet."],
    [`${organisation}/members`, OWNER],
    [`${organisation}/sso`, "No provider yet"],
    [`${organisation}/audit`, "project created"],
    ["/account", "this browser"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByText(ready).first(), path).toBeVisible();
  }

  await page.goto("/settings/redaction");
  await expect(page.getByRole("list", { name: "What was found" })).toContainText("email");
  await page.getByRole("checkbox", { name: "E-mail addresses" }).uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Changed just now")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("checkbox", { name: "E-mail addresses" })).not.toBeChecked();

  await page.goto(`${organisation}/audit?action=redaction`);
  await page.getByRole("list", { name: "Audit log" }).getByRole("button").first().click();
  await expect(page.getByRole("row", { name: /detectors/ })).toBeVisible();
});

test("signing out everywhere else ends the other browsers, and signing out this one", async ({ page, browser, baseURL }) => {
  await signIn(page, OWNER);
  const other = await elsewhere(browser, baseURL);
  await signIn(other, OWNER);

  await page.goto("/account");
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(page.getByRole("list", { name: "Sessions" }).getByRole("listitem")).toHaveCount(1);
  await expect(async () => {
    await other.goto("/settings");
    await expect(other.getByRole("heading", { name: "Sign in to Lynex" })).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 10_000 });
  expect(new URL(other.url()).searchParams.get("then"), "it leads back to the page that was wanted").toMatch(/^\/settings/);

  await page.getByRole("button", { name: /^Account/ }).first().click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Lynex" })).toBeVisible();
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in to Lynex" })).toBeVisible();
  await other.context().close();
});

async function signIn(page: Page, email: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
}

async function elsewhere(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  return context.newPage();
}
