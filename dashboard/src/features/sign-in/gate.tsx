import { Navigate, useRouterState } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { useSyncExternalStore, type ReactNode } from "react";

import { useMe } from "@/access/me";
import { useSwitchProject } from "@/access/switch-project";
import { ApiError } from "@/api/client";
import { apiKey, onApiKeyChange } from "@/api/key";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";

/** Shows the pages to those who are signed in or have a key that works, and sends the others to sign in. */
export function SignInGate({ children }: { children: ReactNode }) {
  useSyncExternalStore(onApiKeyChange, apiKey);
  const here = useRouterState({ select: (state) => state.location.href });
  const me = useMe();
  if (me.error instanceof ApiError && me.error.status === 401) return <Navigate {...paths.signIn(here)} replace />;
  if (me.error instanceof ApiError && me.error.status === 404) return <NotYours />;
  if (me.data !== undefined) return children;
  return (
    <main className="h-full bg-canvas">
      {me.error !== null ? <ErrorState error={me.error} onRetry={() => void me.refetch()} /> : <SkeletonRows label="Loading Lynex" />}
    </main>
  );
}

function NotYours() {
  const switchProject = useSwitchProject();
  return (
    <main className="flex h-full items-center justify-center bg-canvas">
      <EmptyState icon={<Compass />} title="This project is not yours to see">
        <p>It does not exist, or nobody has let you in. Ask whoever sent you the link for an invitation.</p>
        <Button onClick={() => void switchProject(null, "/")}>Go to my projects</Button>
      </EmptyState>
    </main>
  );
}
