/** Serves the mock from `vite --mode mock` (demo) and `vite preview --mode mock` (browser tests). */
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Connect, Plugin } from "vite";

import type { Answer } from "./answer.ts";
import { Backend, DEMO_KEY, withoutText } from "./handlers.ts";
import { passes } from "./metrics.ts";
import type { Request } from "./people/call.ts";
import { Random } from "./random.ts";
import { add, endedAt, makeTrace } from "./world.ts";

const NEW_TRACE_EVERY_MS = 2_500;

export function mockApi(): Plugin {
  const backend = new Backend();
  const random = new Random(Date.now());
  const serve: Connect.NextHandleFunction = (request, response, next) => {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/v1/")) return next();
    void readBody(request).then((body) => {
      const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? null;
      const asked: Request = { method: request.method ?? "GET", path: url.pathname, query: url.searchParams, body, cookies: cookiesOf(request), headers: request.headers };
      if (url.pathname !== "/v1/live") return reply(response, backend.answer(asked, given));
      const key = backend.keyOf(asked, given);
      if (typeof key !== "string") return reply(response, key);
      return key === DEMO_KEY ? live(backend, random, key, url, response) : quiet(response);
    });
  };
  return {
    name: "lynex-mock-api",
    configureServer: (server) => void server.middlewares.use(serve),
    configurePreviewServer: (server) => void server.middlewares.use(serve),
  };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function cookiesOf(request: IncomingMessage): Record<string, string> {
  const pairs = (request.headers.cookie ?? "").split(/; */).map((pair) => pair.split("=", 2));
  return Object.fromEntries(pairs.flatMap(([name, value]) => (name !== undefined && value !== undefined ? [[name, value]] : [])));
}

function reply(response: ServerResponse, answer: Answer): void {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.stream !== undefined) return tell(response, answer.stream);
  const kind = answer.status >= 400 ? "application/problem+json" : "application/json";
  response.setHeader("Content-Type", answer.text?.type ?? kind);
  response.end(answer.text?.content ?? (answer.body === undefined ? "" : JSON.stringify(answer.body)));
}

function tell(response: ServerResponse, { firstMs, everyMs, chunks, done }: NonNullable<Answer["stream"]>): void {
  response.setHeader("Content-Type", "text/event-stream");
  response.flushHeaders();
  let at = 0;
  let timer = setTimeout(next, firstMs);
  response.on("close", () => clearTimeout(timer));

  function next(): void {
    response.write(chunks[at] ?? "");
    at += 1;
    if (at < chunks.length) {
      timer = setTimeout(next, everyMs);
    } else {
      done();
      response.end();
    }
  }
}

function quiet(response: ServerResponse): void {
  response.setHeader("Content-Type", "text/event-stream");
  response.write(": listening\n\n");
}

function live(backend: Backend, random: Random, key: string, url: URL, response: ServerResponse): void {
  quiet(response);
  const filter = passes(url.searchParams);
  const timer = setInterval(() => {
    const spans = endedAt(Date.now(), makeTrace(random, Date.now()));
    add(backend.world(key), spans);
    const passing = spans.filter(filter);
    if (passing.length > 0) response.write(`event: spans\ndata: ${JSON.stringify(passing.map(withoutText))}\n\n`);
  }, NEW_TRACE_EVERY_MS);
  // Of the response: the request was read to its end before, and has closed already.
  response.on("close", () => clearInterval(timer));
}
