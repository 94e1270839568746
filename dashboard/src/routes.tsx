/** The whole map. Each page is its own chunk, loaded when it is first visited. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Outlet, type ErrorComponentProps } from "@tanstack/react-router";
import { Compass } from "lucide-react";

import { SignInGate } from "@/features/connect/sign-in-gate";
import { paths, TRACE_TABS, type TraceTab } from "@/paths";
import { parseSearch, scopeOf, stringifySearch, type RawSearch, type Scope } from "@/scope/scope";
import { Shell } from "@/shell/shell";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";

const rootRoute = createRootRoute({
  component: () => (
    <SignInGate>
      <Shell>
        <Outlet />
      </Shell>
    </SignInGate>
  ),
  notFoundComponent: NotFound,
});

const overviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  validateSearch: (search: RawSearch): Scope & Live => ({ ...scopeOf(search), ...liveOf(search) }),
  component: lazyRouteComponent(() => import("@/features/overview/overview-page"), "OverviewPage"),
});

const tracesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/traces",
  validateSearch: (search: RawSearch): Scope & Live & { tab?: TraceTab | undefined } => {
    const tab = TRACE_TABS.find((one) => one === search.tab);
    return { ...scopeOf(search), ...liveOf(search), ...(tab === undefined || tab === "traces" ? {} : { tab }) };
  },
  component: lazyRouteComponent(() => import("@/features/traces/traces-page"), "TracesPage"),
});

const traceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/traces/$traceId",
  validateSearch: (search: RawSearch): { span?: string | undefined; view?: string | undefined } => ({
    ...textOf("span", search),
    ...textOf("view", search),
  }),
  component: lazyRouteComponent(() => import("@/features/trace/trace-page"), "TracePage"),
});

const deadLettersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/dead-letters",
  validateSearch: (search: RawSearch): { letter?: string | undefined } => textOf("letter", search),
  component: lazyRouteComponent(() => import("@/features/dead-letters/dead-letters-page"), "DeadLettersPage"),
});

const connectRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/connect",
  component: lazyRouteComponent(() => import("@/features/connect/connect-page"), "ConnectPage"),
});

const routeTree = rootRoute.addChildren([overviewRoute, tracesRoute, traceRoute, deadLettersRoute, connectRoute]);

export function createDashboardRouter() {
  return createRouter({
    routeTree,
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPendingComponent: () => <SkeletonRows />,
    defaultErrorComponent: PageError,
    scrollRestoration: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createDashboardRouter>;
  }
}

interface Live {
  live?: "off" | undefined;
}

const liveOf = (search: RawSearch): Live => (search.live === "off" ? { live: "off" } : {});

function textOf<N extends string>(name: N, search: RawSearch): { [name in N]?: string } {
  const value = search[name];
  return (typeof value === "string" && value !== "" ? { [name]: value } : {}) as { [name in N]?: string };
}

function NotFound() {
  return (
    <EmptyState icon={<Compass />} title="There is no page here">
      <Link {...paths.overview()} className="text-accent-text underline underline-offset-2">
        Back to the overview
      </Link>
    </EmptyState>
  );
}

function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorState error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />;
}
