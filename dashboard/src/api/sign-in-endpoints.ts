/** Signing in and one's own account. */
import { apiUrl, get, post, put, remove, send } from "./client";
import { rememberCsrfToken } from "./csrf";
import type { Accepted, CliShown, LinkSent, Session, SignedIn, SignInOptions } from "./types";

const id = encodeURIComponent;
const OPEN = { isOpen: true };

export interface Newcomer {
  email?: string;
  name: string;
  password: string | null;
}

export const fetchSignInOptions = async (domain: string, signal?: AbortSignal) =>
  (await send("GET", apiUrl("/v1/auth/options", { domain }), { ...OPEN, signal })).json() as Promise<SignInOptions>;

export const askForLink = (email: string) => post<LinkSent>("/v1/auth/links", { email }, OPEN);

export const redeemLink = (token: string, newcomer?: Newcomer) => signingIn(post("/v1/auth/links/redeem", { token, ...newcomer }, OPEN));

export const signInByPassword = (email: string, password: string) =>
  signingIn(post("/v1/auth/password", { email, password }, OPEN));

/** For who has no account yet. */
export const joinByInvitation = (token: string, newcomer: Newcomer) => signingIn(post("/v1/auth/invitations", { token, ...newcomer }, OPEN));

/** For who is signed in already. */
export const acceptInvitation = (token: string) => post<Accepted>("/v1/invitations/accept", { token });

/** Where the browser goes to sign in by a provider. */
export const ssoStart = (providerId: string, returnTo: string) =>
  `/v1/auth/sso/${id(providerId)}/start?${new URLSearchParams({ return_to: returnTo }).toString()}`;

export async function signOut(): Promise<void> {
  await post("/v1/auth/sign-out");
  rememberCsrfToken(null);
}

export const fetchWaitingCli = (code: string, signal?: AbortSignal) => get<CliShown>(`/v1/auth/cli/${id(code)}`, {}, signal);

export const decideCli = (code: string, decision: "confirm" | "refuse") => post("/v1/auth/cli/confirm", { user_code: code, decision });

export const fetchMySessions = async (signal?: AbortSignal) => (await get<{ items: Session[] }>("/v1/me/sessions", {}, signal)).items;

export const endMySession = (sessionId: string) => remove(`/v1/me/sessions/${id(sessionId)}`);

export const endMyOtherSessions = () => remove<{ ended: number }>("/v1/me/sessions");

export const fetchPasswordState = (signal?: AbortSignal) => get<{ is_set: boolean }>("/v1/me/password", {}, signal);

export const setPassword = (oldPassword: string | null, newPassword: string) =>
  put("/v1/me/password", { old_password: oldPassword, new_password: newPassword });

export const deleteAccount = (password: string | null) => remove("/v1/me", { password });

async function signingIn(answer: Promise<SignedIn>): Promise<SignedIn> {
  const signedIn = await answer;
  rememberCsrfToken(signedIn.csrf_token);
  return signedIn;
}
