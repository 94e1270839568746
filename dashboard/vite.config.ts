import { fileURLToPath } from "node:url";

import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** As the server sends it (`app/web_safety/headers.py`): nothing comes from outside, nothing inline works but style
 *  elements with the page's nonce. Here the nonce is the placeholder in index.html, which the server replaces. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'nonce-__CSP_NONCE__'",
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
