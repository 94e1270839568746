import { fileURLToPath } from "node:url";

import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** What the server may send too: nothing comes from outside, no inline script runs. Inline *styles* are
 *  needed by the menus and dialogs (they lock the page's scrolling with a style element). */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const API_PATHS = ["/v1", "/healthz", "/readyz", "/api"];
const server = process.env.LYNEX_DEV_SERVER ?? "http://127.0.0.1:8000";

/** `npm run dev` asks a real server; vite.mock.config.ts answers from src/mock-api instead. */
export default defineConfig({
  plugins: [react(), tailwind()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../server/src/lynex_server/dashboard",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // an inlined font would need data: in font-src
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: Object.fromEntries(API_PATHS.map((path) => [path, { target: server }])) },
  preview: { headers: { "Content-Security-Policy": CONTENT_SECURITY_POLICY } },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
