import { copiedText, expect, openSignedIn, PASSWORD, test } from "./dashboard";

test("signs in by password and goes on to the page that was wanted", async ({ page }) => {
  await page.goto("/settings/keys?project=prj_demo");
  await expect(page.getByRole("heading", { name: "Sign in to Lynex" })).toBeVisible();

  await page.getByLabel("E-mail address").fill("ada@acme.example");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toHaveText("This address and password do not belong together.");

  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("list", { name: "API keys" })).toContainText("Grafana");
});

test("signs in by a link, which does its work by itself and leaves the address", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill("ada@acme.example");
  await page.getByRole("button", { name: "Sign in by a link" }).click();
  await expect(page.getByRole("status")).toContainText("Look at the console of Lynex");

  await page.getByRole("link", { name: "Open the link (development)" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  expect(page.url()).not.toContain("token");
});

test("says why a link did not work, and offers another way", async ({ page }) => {
  await page.goto("/sign-in#token=used");

  await expect(page.getByRole("alert")).toHaveText("This link does not work, or not any more. Ask for a new one.");
  await page.getByRole("button", { name: "Sign in another way" }).click();
  await expect(page.getByLabel("E-mail address")).toBeVisible();
});

test("offers the provider of an address’ domain", async ({ page }) => {
  await page.goto("/sign-in?then=/traces");
  await page.getByLabel("E-mail address").fill("ada@acme.example");

  await expect(page.getByRole("link", { name: "Continue with Acme" })).toHaveAttribute("href", "/v1/auth/sso/sso_1/start?return_to=%2Ftraces");
});

test("tells what a provider’s refusal means", async ({ page }) => {
  await page.goto("/sign-in#problem=forbidden");

  await expect(page.getByRole("alert")).toContainText("nobody has let you in here");
});

test("where mail is sent, an address alone is enough", async ({ page, baseURL }) => {
  await page.context().addCookies([{ name: "lynex_mock", value: "mail", url: baseURL ?? "" }]);
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill("ada@acme.example");
  await page.getByRole("button", { name: "Send me a link" }).click();

  await expect(page.getByRole("status")).toContainText("Look into your mail");
});

test("the first link makes the owner, who gets a key filled in with one click", async ({ page, context, baseURL }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.context().addCookies([{ name: "lynex_mock", value: "fresh", url: baseURL ?? "" }]);
  await page.goto("/sign-in");
  await expect(page.getByText("Nobody owns this Lynex yet")).toBeVisible();

  await page.goto("/sign-in#token=first");
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByLabel(/^Password/).fill("password1234");
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("alert")).toContainText("guessed first");
  await page.getByLabel(/^Password/).fill("seven quiet lanterns");
  await page.getByRole("button", { name: "Start" }).click();

  await expect(page.getByRole("heading", { name: "Send your first call" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Python snippet" })).toContainText("YOUR_API_KEY");
  await page.getByRole("button", { name: "Create an API key" }).click();
  await page.getByRole("button", { name: "Copy Python snippet" }).click();
  await expect.poll(copiedText(page)).toMatch(/api_key="lx_01k9mock_\w+"/);
});

test("an invited person joins by the link that was copied", async ({ page, browser, baseURL }) => {
  await openSignedIn(page, "ada", "/organisations/org_acme/members");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail address").fill("emmy@acme.example");
  await page.getByLabel("Role", { exact: true }).selectOption("admin");
  await page.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
  const link = await page.getByRole("textbox", { name: "Invitation link" }).innerText();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("textbox", { name: "Invitation link" }), "it is shown once: a stray key does not close it").toBeVisible();
  await page.getByRole("button", { name: "I copied it" }).click();

  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const emmy = await context.newPage();
  await emmy.goto(link);
  await emmy.getByLabel("Your name").fill("Emmy");
  await emmy.getByRole("button", { name: "Join" }).click();
  await expect(emmy.getByRole("button", { name: "Account: Emmy" }).first()).toBeVisible();
  await context.close();

  await page.reload();
  await expect(page.getByRole("list", { name: "Members" })).toContainText("emmy@acme.example");
});

test("an invited person who has an account signs in and accepts", async ({ page, browser, baseURL }) => {
  await openSignedIn(page, "ada", "/settings/members");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail address").fill("vera@acme.example");
  await page.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
  const link = await page.getByRole("textbox", { name: "Invitation link" }).innerText();

  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const vera = await context.newPage();
  await vera.goto(link);
  await vera.getByLabel("Your name").fill("Vera");
  await vera.getByRole("button", { name: "Join" }).click();
  await expect(vera.getByRole("alert")).toContainText("This address has an account");
  await vera.getByRole("link", { name: "Sign in and accept" }).click();
  await vera.getByLabel("E-mail address").fill("vera@acme.example");
  await vera.getByLabel("Password").fill(PASSWORD);
  await vera.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(vera.getByText("You are signed in as vera@acme.example.")).toBeVisible();
  await vera.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(vera.getByRole("heading", { name: "Overview" })).toBeVisible();
  await context.close();
});

test("lets a command line in after its code was compared", async ({ page }) => {
  await openSignedIn(page, "ada", "/cli");
  await page.getByLabel("Code").fill("bcdf-ghjk");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("lynex/0.1.0 ada-laptop")).toBeVisible();
  await page.getByRole("button", { name: "Let it in" }).click();

  await expect(page.getByRole("heading", { name: "It is in" })).toBeVisible();
});

test("takes the code of the command line’s link", async ({ page }) => {
  await openSignedIn(page, "ada", "/account");
  await page.goto("/cli#code=BCDF-GHJK");

  await expect(page.getByText("BCDF-GHJK")).toBeVisible();
  await page.getByRole("button", { name: "Refuse" }).click();
  await expect(page.getByRole("heading", { name: "Refused" })).toBeVisible();
});

test("signs out", async ({ page }) => {
  await openSignedIn(page, "ada", "/");
  await page.getByRole("button", { name: "Account: Ada Lovelace" }).first().click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();

  await expect(page.getByRole("heading", { name: "Sign in to Lynex" })).toBeVisible();
  await page.goto("/traces");
  await expect(page.getByRole("heading", { name: "Sign in to Lynex" })).toBeVisible();
});
