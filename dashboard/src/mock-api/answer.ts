/** What the mock says to a request. */
export interface Answer {
  status: number;
  body?: unknown;
  text?: { type: string; content: string };
  headers?: Readonly<Record<string, string>>;
  /** Server-sent events, one by one; `done` is called after the last. */
  stream?: { firstMs: number; everyMs: number; chunks: readonly string[]; done: () => void };
}

export const ok = (body: unknown, status = 200): Answer => ({ status, body });
export const nothing = (): Answer => ({ status: 204 });

export const problem = (status: number, code: string, detail: string, field?: string): Answer => ({
  status,
  body: { type: "about:blank", title: code.replaceAll("_", " "), status, detail, code, ...(field === undefined ? {} : { field }) },
});

export const notFound = (what: string): Answer => problem(404, "not_found", `There is no such ${what}.`);
