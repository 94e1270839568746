/** What every browser test begins with. */
import { createRequire } from "node:module";

import { expect, test as base, type Page } from "@playwright/test";

export const DEMO_KEY = "lx_demo_4f9c2b7a1e8d";
export const EMPTY_KEY = "lx_empty";
export const BROKEN_KEY = "lx_broken";
export const HUGE_TRACE = "/traces/33000000000000000000000000000000";
export const ERROR_TRACE = `/traces/${"e".repeat(32)}`;
export const PHONE = { width: 390, height: 844 };

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** A page that fails the test when the application throws, breaks the content policy, or asks another host. */
export const test = base.extend<{ page: Page }>({
  page: async ({ page, baseURL }, provide) => {
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(`threw: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" && /Content Security Policy|Uncaught|React/.test(message.text())) problems.push(message.text());
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(baseURL ?? "") && !/^(data|blob|about):/.test(url)) problems.push(`asked outside: ${url}`);
    });
    await provide(page);
    expect(problems).toEqual([]);
  },
});

export { expect };

/** Opens a page as someone whose browser already holds a key. */
export async function openAs(page: Page, key: string, path: string): Promise<void> {
  await page.addInitScript((value) => localStorage.setItem("lynex.key", value), key);
  await page.goto(path);
}

export const open = (page: Page, path: string) => openAs(page, DEMO_KEY, path);

/** Who is in the mock's company; each browser gets a company of its own. */
export const PASSWORD = "seven quiet lanterns";
export type Person = "ada" | "grace" | "linus" | "vera";

/** Opens a page as somebody who is signed in: Ada owns, Grace is admin, Linus member, Vera viewer. */
export async function openSignedIn(page: Page, person: Person, path: string, project = "prj_demo"): Promise<void> {
  const household = Math.random().toString(36).slice(2, 12);
  await page.context().addCookies([{ name: "lynex_session", value: `${household}.usr_${person}`, url: process.env.LYNEX_E2E_URL ?? `http://127.0.0.1:${process.env.LYNEX_E2E_PORT ?? 4319}` }]);
  await page.goto(`${path}${path.includes("?") ? "&" : "?"}project=${project}`);
}

/** What was copied. Copying ends after the click does, so compare with `expect.poll`. */
export const copiedText = (page: Page) => (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

/** Opens the command palette; what is typed before it has the focus would be lost. */
export async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Command or search" })).toBeFocused();
}

interface Violation {
  id: string;
  impact: string | null;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Serious and critical accessibility violations of the page as it is now, readable. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(await axeSource());
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<{ violations: Violation[] }> } };
    return (await axe.run({ resultTypes: ["violations"] })).violations;
  });
  return found
    .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => `${node.target.join(" ")} (${node.failureSummary})`).join("; ")}`);
}

async function axeSource(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(axePath, "utf8");
}

/** How far anything reaches past the right edge, in pixels. */
export function sidewaysOverflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const main = document.querySelector("main");
    return Math.max(document.documentElement.scrollWidth - window.innerWidth, main === null ? 0 : main.scrollWidth - main.clientWidth);
  });
}

/** Tests that each page is accessible in both themes and fits a phone. What is `ready` is there last. */
export function looksRight(pages: readonly (readonly [path: string, ready: string])[]): void {
  for (const [path, ready] of pages) {
    for (const colorScheme of ["light", "dark"] as const) {
      test(`${path} is accessible and fits, ${colorScheme}`, async ({ page }) => {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await openSignedIn(page, "ada", path);
        await expect(page.getByText(ready).first()).toBeVisible();
        expect(await seriousViolations(page)).toEqual([]);

        await page.setViewportSize(PHONE);
        await expect.poll(() => sidewaysOverflow(page)).toBeLessThanOrEqual(0);
        expect(await seriousViolations(page)).toEqual([]);
      });
    }
  }
}
