import { useSearch } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";

import { carriedValue, dropCarried, onCarriedChange } from "@/api/fragment";
import { apiKey } from "@/api/key";
import type { SignInOptions } from "@/api/types";
import { Button } from "@/ui/button";
import { ErrorState, SkeletonRows } from "@/ui/state";

import { EntranceCard } from "./card";
import { useEnter, useGoOn } from "./entering";
import { FirstOwnerForm } from "./first-owner-form";
import { KeyForm } from "./key-form";
import { useRedeemed, useSignInOptions } from "./queries";
import { SignInForm } from "./sign-in-form";

/** What `#problem=` says after a sign-on that failed, in words. */
const PROBLEMS: Record<string, string> = {
  unauthorized: "Your provider did not vouch for you, or took too long. Try again.",
  forbidden: "Your provider let you through, but nobody has let you in here. Ask an owner for an invitation.",
  conflict: "Your provider speaks of an account that is somebody else’s here. Ask an owner.",
  not_found: "This way of signing in does not exist any more.",
  too_many_requests: "Too many attempts. Wait a few minutes.",
};

/** Links of invitations are for another page. */
const isSignInToken = (token: string | null): token is string => token !== null && !token.startsWith("lxi_");

/** Signs in: by a link that was opened, by mail, password, provider or key. */
export function SignInPage() {
  const token = useSyncExternalStore(onCarriedChange, () => carriedValue("token"));
  const options = useSignInOptions();
  if (options.error !== null) {
    return (
      <EntranceCard title="Sign in to Lynex">
        <ErrorState error={options.error} onRetry={() => void options.refetch()} />
      </EntranceCard>
    );
  }
  if (options.data === undefined) return <EntranceCard title="Sign in to Lynex"><SkeletonRows rows={3} /></EntranceCard>;
  if (!isSignInToken(token)) return <SignIn options={options.data} />;
  return options.data.owner_exists ? <Redeem key={token} token={token} /> : <FirstOwnerForm key={token} token={token} />;
}

function SignIn({ options }: { options: SignInOptions }) {
  const { then } = useSearch({ from: "/sign-in" });
  const enter = useEnter();
  const problem = useSyncExternalStore(onCarriedChange, () => carriedValue("problem"));
  const [isKeyRefused] = useState(() => apiKey() !== null);
  if (!options.owner_exists) return <NobodyYet />;
  return (
    <EntranceCard title="Sign in to Lynex">
      {problem !== null && <Notice>{PROBLEMS[problem] ?? "Signing in by your provider failed. Try again, or ask an owner to look into the audit log."}</Notice>}
      {isKeyRefused && problem === null && <Notice>The key in this browser is no longer accepted.</Notice>}
      <SignInForm options={options} then={then} onDone={() => enter(then)} />
      <WithKey />
    </EntranceCard>
  );
}

function Notice({ children }: { children: string }) {
  return (
    <p role="alert" className="mt-4 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
      {children}
    </p>
  );
}

/** A link does its work by itself; only when it fails is there something to do. */
function Redeem({ token }: { token: string }) {
  const { then } = useSearch({ from: "/sign-in" });
  const enter = useEnter();
  const redeemed = useRedeemed(token);
  const isIn = redeemed.isSuccess;
  const goOn = useEffectEvent(() => enter(then));
  useEffect(() => {
    if (isIn) goOn();
  }, [isIn]);
  if (redeemed.error !== null) {
    return (
      <EntranceCard title="This link did not work">
        <p role="alert" className="mt-2 text-sm text-muted">
          {redeemed.error.message}
        </p>
        <Button look="primary" size="lg" className="mt-5 w-full" onClick={dropCarried}>
          Sign in another way
        </Button>
      </EntranceCard>
    );
  }
  return <EntranceCard title="Signing you in…" />;
}

function NobodyYet() {
  return (
    <EntranceCard title="Welcome to Lynex" note="Nobody owns this Lynex yet. Whoever opens its first link does.">
      <p className="mt-4 text-sm">
        The first link was printed where Lynex was started. Look there for{" "}
        <code className="rounded-sm bg-sunken px-1 font-mono text-xs">/sign-in#token=…</code> and open it in this browser. A restart prints a new one.
      </p>
      <WithKey />
    </EntranceCard>
  );
}

function WithKey() {
  const { then } = useSearch({ from: "/sign-in" });
  const goOn = useGoOn();
  return (
    <details className="mt-6 border-t border-line pt-4 text-sm">
      <summary className="font-medium text-muted hover:text-text">Use an API key instead</summary>
      <KeyForm onDone={() => goOn(then)} />
    </details>
  );
}
