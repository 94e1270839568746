/** Serves the mock from `vite --mode mock` (demo) and `vite preview --mode mock` (browser tests). */
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Connect, Plugin } from "vite";

import { Backend, DEMO_KEY, withoutText } from "./handlers.ts";
import { passes } from "./metrics.ts";
import { Random } from "./random.ts";
import { add, makeTrace } from "./world.ts";

const NEW_TRACE_EVERY_MS = 2_500;

export function mockApi(): Plugin {
  const backend = new Backend();
  const random = new Random(Date.now());
  const serve: Connect.NextHandleFunction = (request, response, next) => {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/v1/")) return next();
    const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? null;
    if (url.pathname === "/v1/live" && key === DEMO_KEY) return live(backend, random, key, url, request, response);
    if (url.pathname === "/v1/live" && key !== null) return quiet(response);
    reply(response, backend.answer(request.method ?? "GET", url, key));
  };
  return {
    name: "lynex-mock-api",
    configureServer: (server) => void server.middlewares.use(serve),
    configurePreviewServer: (server) => void server.middlewares.use(serve),
  };
}

function reply(response: ServerResponse, answer: ReturnType<Backend["answer"]>): void {
  response.statusCode = answer.status;
  const kind = answer.status >= 400 ? "application/problem+json" : "application/json";
  response.setHeader("Content-Type", answer.text?.type ?? kind);
  response.end(answer.text?.content ?? (answer.body === undefined ? "" : JSON.stringify(answer.body)));
}

function quiet(response: ServerResponse): void {
  response.setHeader("Content-Type", "text/event-stream");
  response.write(": listening\n\n");
}

function live(backend: Backend, random: Random, key: string, url: URL, request: IncomingMessage, response: ServerResponse): void {
  quiet(response);
  const filter = passes(url.searchParams);
  const timer = setInterval(() => {
    const spans = makeTrace(random, Date.now() - 300);
    add(backend.world(key), spans);
    const passing = spans.filter(filter);
    if (passing.length > 0) response.write(`event: spans\ndata: ${JSON.stringify(passing.map(withoutText))}\n\n`);
  }, NEW_TRACE_EVERY_MS);
  request.on("close", () => clearInterval(timer));
}
