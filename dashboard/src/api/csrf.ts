/** The proof that a change comes from our own page: asked for once, again when the server refuses it. */

export const CSRF_HEADER = "X-Lynex-CSRF";

let token: string | null = null;

export function rememberCsrfToken(given: string | null): void {
  token = given;
}

/** The session's token; asks the server when none is known. Null where nobody is signed in. */
export async function csrfToken(signal?: AbortSignal): Promise<string | null> {
  if (token !== null) return token;
  const response = await fetch("/v1/auth/csrf", { signal: signal ?? null });
  if (!response.ok) return null;
  token = ((await response.json()) as { csrf_token: string }).csrf_token;
  return token;
}
