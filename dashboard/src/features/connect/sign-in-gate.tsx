import { useSyncExternalStore, type ReactNode } from "react";

import { ApiError } from "@/api/client";
import { apiKey, onApiKeyChange } from "@/api/key";

import { useIdentity } from "./queries";
import { SignInPage } from "./sign-in-page";

/** Shows the pages to those with a key that works, and asks the others for one. */
export function SignInGate({ children }: { children: ReactNode }) {
  const key = useSyncExternalStore(onApiKeyChange, apiKey);
  const me = useIdentity(key !== null);
  if (key === null) return <SignInPage />;
  if (me.error instanceof ApiError && me.error.status === 401) return <SignInPage refused />;
  return children;
}
