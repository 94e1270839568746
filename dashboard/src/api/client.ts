/** The thin client: a session or a key, query parameters, bodies, and problem+json as one kind of error. */
import { CSRF_HEADER, csrfToken, rememberCsrfToken } from "./csrf";
import { apiKey } from "./key";
import { faultInWords } from "./fault";
import { chosenProject, PROJECT_HEADER } from "./project";
import type { Problem } from "./types";

type Parameter = string | number | boolean | readonly string[] | null | undefined;
export type Parameters = Readonly<Record<string, Parameter>>;

export interface Call {
  signal?: AbortSignal | undefined;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Another key than the stored one. */
  key?: string | null;
  /** Nobody need be signed in: no proof of a session is sent. */
  isOpen?: boolean;
}

const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** What the server refused, or that it could not be reached (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** The one input that is wrong, where the server names it. */
  readonly field: string | null;
  /** Of a call through the gateway: it is recorded though it was refused. */
  readonly traceId: string | null;

  constructor(problem: Pick<Problem, "status" | "code" | "title" | "detail"> & { field?: string | null | undefined; traceId?: string | null }) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.field = problem.field ?? null;
    this.traceId = problem.traceId ?? null;
  }
}

/** "/v1/traces" and {model: ["a", "b"], q: ""} → "/v1/traces?model=a&model=b". Empty values are left out. */
export function apiUrl(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value == null || value === "") continue;
    if (typeof value === "object") for (const item of value) query.append(name, item);
    else query.append(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export async function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  return (await send("GET", apiUrl(path, parameters), { signal })).json() as Promise<T>;
}

export async function post<T>(path: string, body?: unknown, call: Call = {}): Promise<T> {
  return bodyOf<T>(await send("POST", path, { ...call, body }));
}

export async function put<T>(path: string, body: unknown, call: Call = {}): Promise<T> {
  return bodyOf<T>(await send("PUT", path, { ...call, body }));
}

export async function patch<T>(path: string, body: unknown): Promise<T> {
  return bodyOf<T>(await send("PATCH", path, { body }));
}

export async function remove<T = null>(path: string, body?: unknown): Promise<T> {
  return bodyOf<T>(await send("DELETE", path, { body }));
}

/** The raw answer, for streams and downloads. Raises `ApiError` unless it is 2xx. */
export async function send(method: string, url: string, call: Call = {}): Promise<Response> {
  const first = await attempt(method, url, call);
  if (first.ok) return first;
  const problem = await problemOf(first);
  if (!isAboutCsrf(problem)) throw problem;
  rememberCsrfToken(null); // that of an earlier session
  const second = await attempt(method, url, call);
  if (!second.ok) throw await problemOf(second);
  return second;
}

async function attempt(method: string, url: string, call: Call): Promise<Response> {
  const { signal, body } = call;
  try {
    const headers = { ...(await proofOf(method, call)), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...call.headers };
    return await fetch(url, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError({ status: 0, code: "unreachable", title: "No answer", detail: "The Lynex server does not answer." });
  }
}

/** What says who asks: the key, or the cookie that the browser adds by itself with the project and a proof of origin. */
async function proofOf(method: string, call: Call): Promise<Record<string, string>> {
  if (call.isOpen === true) return {};
  const key = call.key === undefined ? apiKey() : call.key;
  if (key !== null) return { Authorization: `Bearer ${key}` };
  const project = chosenProject();
  const proof = CHANGES.has(method) ? await csrfToken(call.signal) : null;
  return { ...(project === null ? {} : { [PROJECT_HEADER]: project }), ...(proof === null ? {} : { [CSRF_HEADER]: proof }) };
}

const isAboutCsrf = (problem: ApiError) => problem.status === 403 && problem.message.includes(CSRF_HEADER);

async function bodyOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as T;
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem: Partial<Problem> & { error?: { code?: string; message?: string } } = await response.json().catch(() => ({}));
  // The gateway refuses in the shape of the surface that was called: here OpenAI's.
  const { error } = problem;
  return new ApiError({
    status: response.status,
    code: problem.code ?? error?.code ?? `http_${response.status}`,
    title: problem.title ?? response.statusText,
    detail: faultInWords(problem.faults) ?? problem.detail ?? error?.message ?? `The server answered ${response.status} ${response.statusText}.`,
    field: problem.field,
    traceId: response.headers.get("x-lynex-trace-id"),
  });
}
