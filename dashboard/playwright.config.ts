import { defineConfig } from "@playwright/test";

const PORT = Number(process.env.LYNEX_E2E_PORT ?? 4319);

/** The browser is the system's: nothing is downloaded. */
const CHROMIUM = process.env.LYNEX_E2E_CHROMIUM ?? "/usr/bin/chromium";

/** Against the built application and the typed mock; with LYNEX_E2E_URL, the specs called real… ask a real server. */
const realUrl = process.env.LYNEX_E2E_URL;

export default defineConfig({
  testDir: "e2e",
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  // A shared machine may stall; the list reporter names what passed only the second time.
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"]],
  timeout: 40_000,
  expect: { timeout: 12_000 },
  use: {
    baseURL: realUrl ?? `http://127.0.0.1:${PORT}`,
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
  ...(realUrl === undefined
    ? {
        testIgnore: "**/real*.spec.ts",
        webServer: { command: `npm run preview:mock -- --port ${PORT} --host 127.0.0.1 --strictPort`, url: `http://127.0.0.1:${PORT}/`, timeout: 60_000 },
      }
    : { testMatch: "**/real*.spec.ts" }),
});
