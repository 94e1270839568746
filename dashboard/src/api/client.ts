/** The thin client: a bearer key, query parameters, and problem+json as one kind of error. */
import { apiKey } from "./key";
import type { Problem } from "./types";

export type Parameter = string | number | boolean | readonly string[] | null | undefined;
export type Parameters = Readonly<Record<string, Parameter>>;

/** What the server refused, or that it could not be reached (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;

  constructor(problem: Pick<Problem, "status" | "code" | "title" | "detail">) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
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
  return (await send("GET", apiUrl(path, parameters), signal)).json() as Promise<T>;
}

export async function post<T>(path: string): Promise<T | null> {
  return bodyOf<T>(await send("POST", path));
}

export async function remove(path: string): Promise<void> {
  await send("DELETE", path);
}

/** The raw answer, for streams and downloads. Raises `ApiError` unless it is 2xx. */
export async function send(method: string, url: string, signal?: AbortSignal, key = apiKey()): Promise<Response> {
  const headers: Record<string, string> = key === null ? {} : { Authorization: `Bearer ${key}` };
  let response: Response;
  try {
    response = await fetch(url, { method, headers, signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError({ status: 0, code: "unreachable", title: "No answer", detail: "The Lynex server does not answer." });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function bodyOf<T>(response: Response): Promise<T | null> {
  const text = await response.text();
  return text ? (JSON.parse(text) as T) : null;
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  return new ApiError({
    status: response.status,
    code: problem.code ?? `http_${response.status}`,
    title: problem.title ?? response.statusText,
    detail: problem.detail ?? `The server answered ${response.status} ${response.statusText}.`,
  });
}
