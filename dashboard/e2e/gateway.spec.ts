import { copiedText, EMPTY_KEY, expect, looksRight, open, openAs, openSignedIn, PHONE, seriousViolations, sidewaysOverflow, test } from "./dashboard";

test("adds a provider with its usual name and address, and tries it", async ({ page }) => {
  await openSignedIn(page, "grace", "/providers");
  const rows = page.getByRole("list", { name: "Providers" }).getByRole("listitem").filter({ has: page.getByRole("heading") });
  await expect(rows).toHaveCount(4);
  await page.getByRole("button", { name: "Add a provider" }).click();
  const dialog = page.getByRole("dialog", { name: "New provider" });
  await dialog.getByLabel("Kind").selectOption("openai_compatible");
  await expect(dialog.getByRole("button", { name: "Add provider" })).toBeDisabled();
  await dialog.getByLabel("Name").fill("groq");
  await dialog.getByLabel("Base URL").fill("https://api.groq.com/openai/v1");
  await dialog.getByLabel("API key").fill("gsk_secret_77Zz");
  await dialog.getByText("Models, bounds and headers").click();
  await dialog.getByLabel("Models", { exact: true }).fill("llama-*\nmoonshotai/*");
  await dialog.getByLabel("Calls at the same time").fill("many");
  await expect(dialog.getByRole("alert")).toHaveText("A whole number is needed.");
  await dialog.getByLabel("Calls at the same time").fill("16");
  await dialog.getByRole("button", { name: "Add provider" }).click();

  const made = rows.filter({ hasText: "groq" });
  await expect(made).toContainText("At most 16 calls at the same time");
  await expect(made).toContainText("…77Zz");
  await expect(page.getByText("gsk_secret")).toHaveCount(0);
  await made.getByRole("button", { name: "Test groq" }).click();
  await expect(made.getByRole("status")).toContainText("It answers, in 212 ms, with 4 models.");
  await page.getByRole("button", { name: "Test vllm" }).click();
  await expect(rows.filter({ hasText: "vllm" }).getByRole("status")).toHaveText("It did not work: The provider cannot be reached: nothing listens at that address.");
});

test("gives the focus back to what opened a dialog", async ({ page }) => {
  await openSignedIn(page, "ada", "/providers");
  for (const name of ["Add a provider", "Change anthropic"]) {
    const opener = page.getByRole("button", { name });
    await opener.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(opener).toBeFocused();
  }
});

test("shares a provider's calls between keys", async ({ page }) => {
  await openSignedIn(page, "ada", "/providers");
  const keys = page.getByRole("list", { name: "Keys of openai" }).getByRole("listitem");
  await expect(keys.filter({ hasText: "default" })).toContainText("75.0% of the calls");

  await page.getByRole("button", { name: "Change the key team eu of openai" }).click();
  const dialog = page.getByRole("dialog", { name: "Change a key of openai" });
  await dialog.getByLabel("Weight").fill("3");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(keys.filter({ hasText: "default" })).toContainText("50.0% of the calls");

  await page.getByRole("button", { name: "Remove the key old of openai" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(keys).toHaveCount(2);
});

test("says which routes a provider is needed for, and whose the file's are", async ({ page }) => {
  await openSignedIn(page, "ada", "/providers");
  await page.getByRole("button", { name: "Remove anthropic" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("alert")).toContainText("these routes lead to it: fast, support");

  await expect(page.getByText("from the file")).toBeVisible();
  await expect(page.getByRole("button", { name: "Test ollama" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Change ollama" })).toHaveCount(0);
});

test("says in words what a route will do while it is made", async ({ page }) => {
  await openSignedIn(page, "grace", "/routes");
  await page.getByRole("link", { name: "New route" }).click();
  const told = page.getByRole("complementary", { name: "What it will do" });
  await expect(told.getByRole("button", { name: "Make this route" })).toBeDisabled();
  await page.getByLabel("Name of the route").fill("cheap");
  const first = page.getByRole("group", { name: "Target 1" });
  await first.getByLabel("Provider").selectOption("openai");
  await first.getByLabel("Model").fill("gpt-4.1-mini");
  await first.getByLabel("Weight").fill("4");
  await page.getByRole("button", { name: "Add a target" }).click();
  const second = page.getByRole("group", { name: "Target 2" });
  await second.getByLabel("Provider").selectOption("anthropic");
  await second.getByLabel("Model").fill("claude-haiku-4-5");
  await page.getByRole("button", { name: "Add a fallback" }).click();
  const fallback = page.getByRole("group", { name: "Fallback 1" });
  await fallback.getByLabel("Provider").selectOption("ollama");
  await fallback.getByLabel("Model").fill("llama3.2");

  await expect(told.getByRole("status")).toContainText("Calls of cheap go to openai/gpt-4.1-mini (80 %) and anthropic/claude-haiku-4-5 (20 %); when one fails before the first byte, to the others of these, then to ollama/llama3.2.");
  await expect(page.getByRole("img", { name: "openai/gpt-4.1-mini 80 %, anthropic/claude-haiku-4-5 20 %" })).toBeVisible();
  await page.getByRole("checkbox", { name: "Hide personal data from the provider" }).check();
  await page.getByLabel("Answer again").selectOption("exact");
  await expect(told.getByRole("status")).toContainText("answered from the cache for 1 hour, at no cost");
  await page.getByLabel("JSON Schema of the answer").fill("{");
  await expect(page.getByText("This is no JSON object.")).toBeVisible();
  await page.getByLabel("JSON Schema of the answer").fill("");
  await told.getByRole("button", { name: "Make this route" }).click();

  await expect(page.getByRole("list", { name: "Routes" })).toContainText("Calls of cheap go to openai/gpt-4.1-mini (80 %)");
});

test("changes a route, passes on what the server finds wrong, and removes it", async ({ page }) => {
  await openSignedIn(page, "ada", "/routes");
  await page.getByRole("link", { name: /^support/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "support" })).toBeVisible();
  await page.getByLabel("Refuse calls with").fill("(?=x)");
  const told = page.getByRole("complementary", { name: "What it will do" });
  await told.getByRole("button", { name: "Save changes" }).click();
  await expect(told.getByRole("alert")).toContainText("look-around is not part of RE2");
  await page.getByLabel("Refuse calls with").fill("(?i)ignore all previous");
  await page.getByRole("group", { name: "Target 1" }).getByLabel("Weight").fill("0");
  await expect(page.getByRole("group", { name: "Target 1" }).getByRole("alert")).toHaveText("At least 1.");
  await page.getByRole("group", { name: "Target 1" }).getByLabel("Weight").fill("2");
  await told.getByRole("button", { name: "Save changes" }).click();
  await expect(told.getByText("Saved: it holds from the next call on.")).toBeVisible();

  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("list", { name: "Routes" }).getByRole("link")).toHaveCount(2);
});

test("shows a route of the file and does not let it be changed", async ({ page }) => {
  await openSignedIn(page, "ada", "/routes/gwr_internal");

  await expect(page.getByRole("note")).toContainText("configuration file");
  await expect(page.getByRole("region", { name: "What it does" })).toContainText("Calls of internal go to ollama");
  await expect(page.getByRole("button", { name: "Remove" })).toHaveCount(0);
});

test("shows calls as they come, and why some were refused", async ({ page }) => {
  await open(page, "/requests");
  const grid = page.getByRole("grid", { name: "calls" });
  const first = grid.getByRole("row").nth(1).getByRole("link");
  await expect(first).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "First token" })).toBeVisible();
  await expect(grid.getByText("answered by").first()).toBeAttached();

  await expect(page.getByText("From the cache").locator("..")).toContainText(/\d, saved \$/);

  const reasons = page.getByRole("group", { name: "Refused because of" });
  await reasons.getByRole("button", { name: /Budget used up/ }).click();
  await expect(page).toHaveURL(/status=blocked&error_type=budget_exceeded/);
  await expect(grid.getByRole("row").nth(1)).toContainText("Budget used up");
  await expect(grid.getByText("ok", { exact: true })).toHaveCount(0);

  await page.getByRole("radio", { name: "All" }).click();
  await expect(page).not.toHaveURL(/error_type/);
  await page.getByRole("radio", { name: "Failed" }).click();
  await expect(grid.getByRole("row").nth(1)).toContainText(/timeout|error/);
  await grid.getByRole("row").nth(1).getByRole("link").click();
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}/);
});

test("brings in new calls by itself, and counts them when paused", async ({ page }) => {
  test.slow(); // it waits twice for one of the calls that come by chance
  await open(page, "/requests");
  const first = page.getByRole("grid", { name: "calls" }).getByRole("row").nth(1).getByRole("link");
  await expect(first).toBeVisible();
  const before = await first.getAttribute("href");
  // A part of the mock's new traces goes through the gateway.
  await expect(first).not.toHaveAttribute("href", before ?? "", { timeout: 30_000 });

  await page.getByRole("button", { name: "Live", exact: true }).click();
  await expect(page).toHaveURL(/live=off/);
  const pill = page.getByRole("button", { name: /\d+ new calls?/ });
  await pill.click({ timeout: 30_000 });
});

test("streams two answers side by side, with what they cost and their traces", async ({ page }) => {
  await openSignedIn(page, "linus", "/playground?model=fast");
  await page.getByRole("button", { name: "Compare with another" }).click();
  await page.getByLabel("Compare with").fill("anthropic/claude-sonnet-4-5");
  await expect(page).toHaveURL(/other=anthropic\/claude-sonnet-4-5/);
  await expect(page.getByRole("button", { name: "Ask both" })).toBeDisabled();
  await page.getByLabel("System text").fill("You are brief.");
  await page.getByLabel("Prompt").fill("Where is my parcel?");
  await page.getByRole("button", { name: "Ask both" }).click();

  for (const [model, served] of [["fast", "openai/gpt-4.1-mini"], ["anthropic/claude-sonnet-4-5", "(claude-sonnet-4-5)"]] as const) {
    const answer = page.getByRole("region", { name: `Answer of ${model}` });
    await expect(answer).toContainText(served);
    await expect(answer.getByRole("definition").last()).toHaveText(/^\$0\.0/);
    await expect(answer.getByRole("definition").first()).toHaveText(/\d ms$|\d s$/);
    await expect(answer.getByRole("link", { name: "Open the trace" })).toBeVisible();
  }

  await page.getByRole("button", { name: "Ask both" }).click();
  const again = page.getByRole("region", { name: "Answer of fast" });
  await expect(again.getByText("from the cache")).toBeVisible();
  await expect(again.getByRole("definition").last()).toHaveText("$0");
  await again.getByRole("link", { name: "Open the trace" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "chat fast" })).toBeVisible();
});

test("shows a refusal as the gateway words it, beside the other answer", async ({ page }) => {
  await openSignedIn(page, "linus", "/playground?model=fast&other=nobody");
  await page.getByLabel("Prompt").fill("Hello");
  await page.getByRole("button", { name: "Ask both" }).click();

  const refused = page.getByRole("region", { name: "Answer of nobody" });
  await expect(refused.getByRole("alert")).toContainText("No route and no provider is set up for the model 'nobody'");
  await expect(refused.getByText("No such model")).toBeVisible();
  await page.getByRole("button", { name: "Do not compare" }).click();
  await page.getByLabel("Prompt").fill("Put me over budget");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByRole("region", { name: "Answer of fast" }).getByRole("alert")).toContainText("The budget “GPT in production” is used up");
});

test("stops an answer, and keeps what came of it", async ({ page }) => {
  await openSignedIn(page, "linus", "/playground?model=support");
  await page.getByLabel("Prompt").fill("Tell me all");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  const answer = page.getByRole("region", { name: "Answer of support" });
  await page.getByRole("button", { name: "Stop" }).click();

  await expect(answer.getByText("stopped", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Ask", exact: true })).toBeEnabled();
});

test("sets rates and models by key, in words", async ({ page }) => {
  await openSignedIn(page, "grace", "/gateway-settings");
  await page.getByLabel("Content").selectOption("none");
  await page.getByRole("button", { name: "Add a rate" }).click();
  const rate = page.getByRole("group", { name: "Rate 3" });
  await rate.getByLabel("For").selectOption("key");
  await rate.getByLabel("Requests a minute").fill("0");
  await expect(page.getByRole("button", { name: "Save settings" })).toBeDisabled();
  await rate.getByLabel("Tokens a minute").fill("50000");
  await expect(rate).toContainText("Each API key may use 50,000 tokens a minute.");
  await page.getByRole("group", { name: "Bounded key 1" }).getByLabel("May call").fill("fast");
  await page.getByRole("button", { name: "Save settings" }).click();

  await expect(page.getByText("Saved: it holds from the next call on.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Content")).toHaveValue("none");
  await expect(page.getByRole("group", { name: "Rate 3" })).toContainText("50,000 tokens");
  await expect(page.getByLabel("May call")).toHaveValue("fast");
});

test("a viewer sees the gateway, and neither calls nor changes anything", async ({ page }) => {
  await openSignedIn(page, "vera", "/providers");
  await expect(page.getByRole("note")).toContainText("Admins and above can do this");
  await expect(page.getByRole("heading", { name: "openai" })).toBeVisible();
  await expect(page.getByRole("button", { name: /Test|Add|Change|Remove/ })).toHaveCount(0);

  await page.getByRole("link", { name: "Gateway settings" }).click();
  await expect(page.getByLabel("Content")).toBeDisabled();
  await expect(page.getByRole("button", { name: "Save settings" })).toHaveCount(0);
  await page.getByRole("link", { name: "Playground" }).click();
  await expect(page.getByRole("note")).toContainText("Members and above can do this");
  await expect(page.getByRole("button", { name: "Ask" })).toHaveCount(0);
  await page.getByRole("link", { name: "Routes" }).click();
  await expect(page.getByRole("list", { name: "Routes" })).toContainText("fast");
  await expect(page.getByRole("link", { name: "New route" })).toHaveCount(0);
});

test("says of a call that was refused what it cost, and leads to its trace", async ({ page }) => {
  await openSignedIn(page, "linus", "/playground?model=fast");
  await page.getByLabel("Temperature").fill("hot");
  await expect(page.getByRole("alert")).toHaveText("A number is needed.");
  await page.getByLabel("Temperature").fill("");
  await page.getByLabel("Prompt").fill("Put me over budget");
  await page.getByRole("button", { name: "Ask", exact: true }).click();

  const refused = page.getByRole("region", { name: "Answer of fast" });
  await expect(refused.getByText("Budget used up")).toBeVisible();
  await expect(refused.getByRole("definition").last()).toHaveText("$0");
  await refused.getByRole("link", { name: "Open the trace" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "chat fast" })).toBeVisible();
});

for (const [path, heading, next] of [
  ["/requests", "No call has come through the gateway yet", "Add a provider"],
  ["/playground", "No provider yet", "Add a provider"],
  ["/routes", "No route yet", "Add a provider"],
  ["/routes/new", "No provider yet", "Add a provider"],
  ["/providers", "No provider yet", "Add a provider"],
] as const) {
  test(`tells a new project what to do next on ${path}`, async ({ page }) => {
    await openAs(page, EMPTY_KEY, path);

    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
    await expect(page.getByRole("link", { name: next }).or(page.getByRole("button", { name: next }))).toBeVisible();
  });
}

test("what could not be loaded can be asked for again", async ({ page }) => {
  await page.route("**/v1/gateway/routes", (route) => route.fulfill({ status: 500, contentType: "application/problem+json", json: { title: "Internal error", status: 500, code: "internal", detail: "Something went wrong here. It is in the log." } }));
  await openSignedIn(page, "ada", "/routes");
  await expect(page.getByRole("alert")).toContainText("Something went wrong here.");
  await page.unroute("**/v1/gateway/routes");
  await page.getByRole("button", { name: "Try again" }).click();

  await expect(page.getByRole("list", { name: "Routes" })).toContainText("Calls of fast");
});

test("gives snippets for clients through the gateway, with the real key", async ({ page, context, baseURL }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, "/connect");
  await page.getByRole("radio", { name: "Through the gateway" }).click();
  await expect(page).toHaveURL(/via=gateway/);
  await expect(page.getByRole("tab")).toHaveCount(12);

  await page.getByRole("tab", { name: "Claude Code" }).click();
  await page.getByRole("button", { name: "Copy Claude Code snippet" }).click();
  await expect.poll(copiedText(page)).toContain(`ANTHROPIC_BASE_URL="${baseURL ?? ""}"`);
  await expect.poll(copiedText(page)).toMatch(/ANTHROPIC_AUTH_TOKEN="lx_demo_\w+"/);
});

looksRight([
  ["/requests?live=off", "gpt-4.1"],
  ["/playground?model=fast&other=support", "Ask both"],
  ["/routes", "Calls of fast"],
  ["/routes/new", "Make this route"],
  ["/routes/gwr_support", "lookup_* or refund_order"],
  ["/providers", "https://api.openai.com/v1"],
  ["/gateway-settings", "Each user may make 60 requests"],
  ["/connect?via=gateway", "Open WebUI"],
]);

test("an answer in the playground is accessible and fits a phone", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await openSignedIn(page, "ada", "/playground?model=fast&other=nobody");
  await page.getByLabel("Prompt").fill("Hello");
  await page.getByRole("button", { name: "Ask both" }).click();
  await expect(page.getByRole("link", { name: "Open the trace" })).toBeVisible();

  expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
  expect(await seriousViolations(page)).toEqual([]);
});
