import { copiedText, expect, openPalette, openSignedIn, PHONE, test } from "./dashboard";

test("switches projects by keyboard, and keeps the project in the address", async ({ page }) => {
  await openSignedIn(page, "ada", "/");
  await expect(page.getByText("Succeeded")).toBeVisible();

  await page.getByRole("button", { name: "Project: Acme Support. Switch" }).first().click();
  await page.getByRole("combobox", { name: "Find a project" }).fill("search");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Send your first call" })).toBeVisible();
  await expect(page).toHaveURL(/project=prj_empty/);

  await page.getByRole("link", { name: "Traces" }).first().click();
  await expect(page).toHaveURL(/traces\?project=prj_empty/);
});

test("names the project in the address where there are several", async ({ page }) => {
  await openSignedIn(page, "ada", "/", "prj_empty");
  await expect(page.getByRole("heading", { name: "Send your first call" })).toBeVisible();

  await page.goto("/settings/keys");
  await expect(page).toHaveURL(/keys\?project=prj_empty/);
});

test("a link to a project that is not mine says so", async ({ page }) => {
  await openSignedIn(page, "vera", "/traces", "prj_side");
  await expect(page.getByRole("heading", { name: "This project is not yours to see" })).toBeVisible();

  await page.getByRole("button", { name: "Go to my projects" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
});

test("makes an organisation and a project in it", async ({ page }) => {
  await openSignedIn(page, "ada", "/");
  await page.getByRole("button", { name: /^Project: / }).first().click();
  await page.getByRole("option", { name: "New organisation" }).click();
  const founding = page.getByRole("dialog", { name: "New organisation" });
  await founding.getByLabel("Name", { exact: true }).fill("Bletchley");
  await founding.getByRole("button", { name: "Create organisation" }).click();
  const adding = page.getByRole("dialog", { name: "New project" });
  await adding.getByLabel("Name", { exact: true }).fill("Bombe");
  await adding.getByRole("button", { name: "Create project" }).click();

  await expect(page.getByRole("button", { name: "Project: Bombe. Switch" }).first()).toBeVisible();
});

test("makes a key that is shown once, rotates and revokes it", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openSignedIn(page, "ada", "/settings/keys");
  const keys = page.getByRole("list", { name: "API keys" }).getByRole("listitem");
  await expect(keys).toHaveCount(3);

  await page.getByRole("button", { name: "New key" }).click();
  const wish = page.getByRole("dialog", { name: "New API key" });
  await wish.getByLabel("Name", { exact: true }).fill("checkout");
  await wish.getByRole("checkbox", { name: "read" }).check();
  await wish.getByLabel("Ends").selectOption("In 90 days");
  await wish.getByLabel(/Allowed networks/).fill("10.0.0.0/8");
  await wish.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Copy" }).click();
  await expect.poll(copiedText(page)).toMatch(/^lx_01k9mock_/);
  await page.getByRole("button", { name: "I stored it" }).click();
  const made = keys.filter({ hasText: "checkout" });
  await expect(made).toContainText("Only from 10.0.0.0/8");
  await expect(made).toContainText(/Ends in (89|90) days/);

  await page.getByRole("button", { name: "Rotate checkout" }).click();
  await page.getByLabel("The old key works for another").selectOption("1 hour");
  await page.getByRole("button", { name: "Rotate", exact: true }).click();
  await page.getByRole("button", { name: "I stored it" }).click();
  await expect(keys.filter({ hasText: "Was rotated" }).filter({ hasText: "checkout" })).toHaveCount(1);

  await page.getByRole("button", { name: "Revoke Grafana" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(keys.filter({ hasText: "Grafana" })).toHaveCount(0);
  await page.getByRole("checkbox", { name: "Also show 2 keys that ended" }).check();
  await expect(keys.filter({ hasText: "Grafana" })).toContainText("revoked");
});

test("changes a role, keeps the last owner, and takes an invitation back", async ({ page }) => {
  await openSignedIn(page, "ada", "/organisations/org_acme/members");
  const row = (name: string) => page.getByRole("list", { name: "Members" }).getByRole("listitem").filter({ hasText: name });
  await expect(row("Ada")).toContainText("last owner");
  await expect(page.getByLabel("Role of Ada Lovelace")).toBeDisabled();
  await expect(page.getByRole("button", { name: /Cannot remove Ada Lovelace: The last owner stays/ })).toBeDisabled();

  await page.getByLabel("Role of Grace Hopper").selectOption("owner");
  await expect(page.getByLabel("Role of Ada Lovelace")).toBeEnabled();
  await page.getByRole("button", { name: "Remove Linus" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(row("Linus")).toHaveCount(0);

  await page.getByRole("button", { name: "Take back the invitation of katherine@acme.example" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Take it back" }).click();
  await expect(page.getByText("Nobody is invited just now.")).toBeVisible();
});

test("an admin cannot change an owner, and says why", async ({ page }) => {
  await openSignedIn(page, "grace", "/organisations/org_acme/members");

  await expect(page.getByLabel("Role of Ada Lovelace")).toBeDisabled();
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByLabel("Role", { exact: true }).getByRole("option")).toHaveText(["viewer", "member", "admin"]);
});

test("a viewer reads settings and changes none", async ({ page }) => {
  await openSignedIn(page, "vera", "/settings");
  await expect(page.getByRole("note")).toHaveText("You are a viewer in this project. Admins and above can do this.");
  await expect(page.getByLabel("Name of the project")).toBeDisabled();
  await expect(page.getByRole("link", { name: "API keys" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Audit log" })).toHaveCount(0);

  await page.getByRole("link", { name: "Redaction" }).click();
  await expect(page.getByRole("checkbox", { name: "E-mail addresses" })).toBeDisabled();
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
});

test("lowers a limit, and passes on what the plan does not allow", async ({ page }) => {
  await openSignedIn(page, "ada", "/settings/limits");
  const form = page.getByRole("region", { name: "Lower the project’s limits" });
  await form.getByLabel("Burst").fill("999999");
  await form.getByRole("button", { name: "Save limits" }).click();
  await expect(form.getByRole("alert")).toContainText("at most 20000");

  await form.getByLabel("Burst").fill("500");
  await form.getByRole("button", { name: "Save limits" }).click();
  await expect(page.getByRole("row", { name: /Burst/ })).toContainText("500");
});

test("tries a rule on a sample before it is saved", async ({ page }) => {
  await openSignedIn(page, "ada", "/settings/redaction");
  const outcome = page.getByRole("region", { name: "What would be stored" });
  await expect(outcome.locator("mark")).toHaveText(["[redacted:email]", "[order]", "[redacted:card]", "[redacted:secret]"]);

  await page.getByRole("checkbox", { name: "E-mail addresses" }).uncheck();
  await expect(outcome).toContainText("jane@example.com");
  await page.getByLabel("Expression").fill("(?=x)");
  await expect(page.getByRole("alert").filter({ hasText: "look-around" })).toBeVisible();
  await page.getByLabel("Expression").fill("ORD-\\d{6}");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Changed just now")).toBeVisible();
});

test("notices that somebody else changed the rules meanwhile", async ({ page, context }) => {
  await openSignedIn(page, "ada", "/settings/redaction");
  await expect(page.getByRole("checkbox", { name: "E-mail addresses" })).toBeChecked();
  const other = await context.newPage();
  await other.goto("/settings/redaction?project=prj_demo");
  await other.getByRole("checkbox", { name: "Card numbers" }).uncheck();
  await other.getByRole("button", { name: "Save" }).click();
  await expect(other.getByText("Changed just now")).toBeVisible();

  await page.getByRole("checkbox", { name: "E-mail addresses" }).uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("Somebody else changed these settings");
  await page.getByRole("button", { name: "Load theirs" }).click();
  await expect(page.getByRole("checkbox", { name: "Card numbers" })).not.toBeChecked();
});

test("erases an end user only when the id is typed", async ({ page }) => {
  await openSignedIn(page, "ada", "/settings/privacy");
  await page.getByLabel("End user id").fill("customer/42");
  await page.getByRole("button", { name: "Erase their data" }).click();
  await expect(page.getByRole("button", { name: "Erase for good" })).toBeDisabled();
  await page.getByLabel("Type customer/42 to confirm").fill("customer/42");
  await page.getByRole("button", { name: "Erase for good" }).click();

  await expect(page.getByRole("list", { name: "Erasures" }).getByRole("listitem").first()).toContainText("1 of 4");
});

test("deletes a project, shows it everywhere, and restores it", async ({ page }) => {
  await openSignedIn(page, "ada", "/settings");
  await page.getByRole("button", { name: "Delete project" }).click();
  await page.getByLabel("Type prj_demo to confirm").fill("prj_demo");
  await page.getByRole("dialog").getByRole("button", { name: "Delete project" }).click();
  const notice = page.getByRole("alert").filter({ hasText: "This project is being deleted." });
  await expect(notice).toBeVisible();

  await page.getByRole("link", { name: "Traces" }).first().click();
  await expect(notice).toBeVisible();
  await notice.getByRole("button", { name: "Restore it" }).click();
  await expect(notice).toHaveCount(0);
});

test("filters the audit log in the address and shows what changed", async ({ page }) => {
  await openSignedIn(page, "ada", "/organisations/org_acme/audit");
  const rows = page.getByRole("list", { name: "Audit log" }).getByRole("listitem");
  await expect(rows).toHaveCount(50);
  await page.getByRole("button", { name: "Load more" }).click();
  await expect(rows).toHaveCount(100);

  await page.getByLabel("Action").fill("member");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await expect(page).toHaveURL(/action=member/);
  await expect(rows).toHaveCount(1);
  await rows.first().getByRole("button").click();
  await expect(page.getByRole("row", { name: "role viewer member" })).toBeVisible();

  await page.getByRole("button", { name: /only these: Target/ }).click();
  await expect(page).toHaveURL(/target=usr_linus/);
});

test("adds a sign-on provider, with a mistake pointed out at its field", async ({ page }) => {
  await openSignedIn(page, "ada", "/organisations/org_acme/sso");
  await page.getByRole("button", { name: "Add a provider" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Example");
  await page.getByLabel("Issuer").fill("http://login.example.org");
  await page.getByLabel("Client id").fill("lynex");
  await page.getByLabel("Client secret").fill("hush");
  await page.getByLabel("E-mail domains").fill("example.org");
  await page.getByLabel(/Claim for roles/).fill("groups");
  await page.getByRole("button", { name: "Add a value" }).click();
  await page.getByLabel("Value 1", { exact: true }).fill("platform");
  await page.getByRole("dialog").getByRole("button", { name: "Add provider" }).click();
  await expect(page.getByRole("alert")).toContainText("must be an https address");

  await page.getByLabel("Issuer").fill("https://login.example.org");
  await page.getByRole("dialog").getByRole("button", { name: "Add provider" }).click();
  await expect(page.getByRole("list", { name: "Sign-on providers" })).toContainText("https://login.example.org");
});

test("ends other sessions and sets a password", async ({ page }) => {
  await openSignedIn(page, "grace", "/account");
  const sessions = page.getByRole("list", { name: "Sessions" }).getByRole("listitem");
  await expect(sessions.first()).toContainText("this browser");
  await page.getByRole("button", { name: "End the session of lynex/0.1.0 ada-laptop" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "End session" }).click();
  await expect(sessions).toHaveCount(2);

  await page.getByLabel("New password").fill("short");
  await page.getByRole("button", { name: "Set a password" }).click();
  await expect(page.getByRole("alert")).toContainText("at least 12");
  await page.getByLabel("New password").fill("a lighthouse in october");
  await page.getByRole("button", { name: "Set a password" }).click();
  await expect(page.getByText("Your password is set.")).toBeVisible();
});

test("finds every page in the palette, and behind More on a phone", async ({ page }) => {
  await openSignedIn(page, "ada", "/");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await openPalette(page);
  await page.keyboard.type("audit");
  await expect(page.getByRole("option").first()).toHaveText("Go to Audit log");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/organisations\/org_acme\/audit/);

  await page.setViewportSize(PHONE);
  await page.getByRole("navigation", { name: "Main" }).getByRole("button", { name: "More" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "My account" }).click();
  await expect(page.getByRole("heading", { name: "My account", exact: true })).toBeVisible();
});
