import { Navigate, useNavigate, useRouterState, useSearch } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { useEffect, useSyncExternalStore, type ReactNode } from "react";

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
  if (me.data !== undefined) {
    const hasChoice = me.data.kind === "user" && me.data.projects.length > 1;
    return (
      <>
        {hasChoice && me.data.project_id !== null && <NameProject id={me.data.project_id} />}
        {children}
      </>
    );
  }
  return (
    <main className="h-full bg-canvas">
      {me.error !== null ? <ErrorState error={me.error} onRetry={() => void me.refetch()} /> : <SkeletonRows label="Loading Lynex" />}
    </main>
  );
}

/** Where there are several projects the address says which one: a copied link shows others the same page. */
function NameProject({ id }: { id: string }) {
  const navigate = useNavigate();
  const { project } = useSearch({ strict: false });
  useEffect(() => {
    if (project === undefined) void navigate({ to: ".", search: (before: object) => ({ ...before, project: id }), replace: true } as never);
  }, [project, id, navigate]);
  return null;
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
