/** The whole map. Each page is its own chunk, loaded when it is first visited. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
  Outlet,
  retainSearchParams,
  useRouterState,
  type ErrorComponentProps,
} from "@tanstack/react-router";
import { Compass } from "lucide-react";
import type { ReactNode } from "react";

import { chooseProject, chosenProject } from "@/api/project";
import { NoProject } from "@/features/project/no-project";
import { DeletionNotice } from "@/features/project/deletion-notice";
import { SignInGate } from "@/features/sign-in/gate";
import { paths, TRACE_TABS, type AuditSearch, type TraceTab } from "@/paths";
import { parseSearch, scopeOf, stringifySearch, type RawSearch, type Scope } from "@/scope/scope";
import { AlertsFrame, OrganisationFrame, PricesFrame, ProjectFrame } from "@/shell/section-tabs";
import { Shell } from "@/shell/shell";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/state";

/** Pages for who is not in yet. */
const OUTSIDE = ["/sign-in", "/invitation", "/cli"];

const rootRoute = createRootRoute({
  // Which project a page is about belongs to its address; every link on it keeps it.
  validateSearch: (search: RawSearch): { project?: string | undefined } => textOf("project", search),
  search: { middlewares: [retainSearchParams(["project"])] },
  beforeLoad: ({ search, preload }) => {
    if (!preload && search.project !== undefined && search.project !== chosenProject()) chooseProject(search.project, true);
  },
  component: () => (
    <Frame>
      <Outlet />
    </Frame>
  ),
  notFoundComponent: () => (
    <Frame>
      <NotFound />
    </Frame>
  ),
});

function Frame({ children }: { children: ReactNode }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  if (OUTSIDE.includes(path)) return children;
  return (
    <SignInGate>
      <Shell>
        <NoProject isNeeded={!path.startsWith("/organisations/") && path !== "/account"}>
          <DeletionNotice />
          {children}
        </NoProject>
      </Shell>
    </SignInGate>
  );
}

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
  validateSearch: (search: RawSearch): { via?: "gateway" | undefined } => (search.via === "gateway" ? { via: "gateway" } : {}),
  component: lazyRouteComponent(() => import("@/features/connect/connect-page"), "ConnectPage"),
});

const gatewayRequestsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/requests",
  validateSearch: (search: RawSearch): Scope & Live => ({ ...scopeOf(search), ...liveOf(search) }),
  component: lazyRouteComponent(() => import("@/features/gateway/requests/requests-page"), "RequestsPage"),
});

const playgroundRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/playground",
  validateSearch: (search: RawSearch): { model?: string | undefined; other?: string | undefined } => ({ ...textOf("model", search), ...textOf("other", search) }),
  component: lazyRouteComponent(() => import("@/features/gateway/playground/playground-page"), "PlaygroundPage"),
});

const gatewayRoutesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/routes",
  component: lazyRouteComponent(() => import("@/features/gateway/routes/routes-page"), "RoutesPage"),
});

const newGatewayRouteRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/routes/new",
  component: lazyRouteComponent(() => import("@/features/gateway/routes/route-page"), "NewRoutePage"),
});

const gatewayRouteRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/routes/$routeId",
  component: lazyRouteComponent(() => import("@/features/gateway/routes/route-page"), "RoutePage"),
});

const providersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/providers",
  component: lazyRouteComponent(() => import("@/features/gateway/providers/providers-page"), "ProvidersPage"),
});

const gatewaySettingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/gateway-settings",
  component: lazyRouteComponent(() => import("@/features/gateway/settings/settings-page"), "SettingsPage"),
});

const budgetsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/budgets",
  component: lazyRouteComponent(() => import("@/features/budgets/budgets-page"), "BudgetsPage"),
});

const newBudgetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/budgets/new",
  component: lazyRouteComponent(() => import("@/features/budgets/budget-editor-page"), "NewBudgetPage"),
});

const budgetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/budgets/$budgetId",
  component: lazyRouteComponent(() => import("@/features/budgets/budget-page"), "BudgetPage"),
});

const editBudgetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/budgets/$budgetId/edit",
  component: lazyRouteComponent(() => import("@/features/budgets/budget-editor-page"), "EditBudgetPage"),
});

const killSwitchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/kill-switch",
  component: lazyRouteComponent(() => import("@/features/kill-switch/kill-switch-page"), "KillSwitchPage"),
});

const pricesFrameRoute = createRoute({ getParentRoute: () => rootRoute, path: "/prices", component: PricesFrame });

const pricesRoute = createRoute({
  getParentRoute: () => pricesFrameRoute,
  path: "/",
  validateSearch: (search: RawSearch): { q?: string | undefined } => textOf("q", search),
  component: lazyRouteComponent(() => import("@/features/prices/prices-page"), "PricesPage"),
});

const ownPricesRoute = createRoute({
  getParentRoute: () => pricesFrameRoute,
  path: "/own",
  component: lazyRouteComponent(() => import("@/features/prices/own-prices-page"), "OwnPricesPage"),
});

const calculatorRoute = createRoute({
  getParentRoute: () => pricesFrameRoute,
  path: "/calculator",
  component: lazyRouteComponent(() => import("@/features/prices/calculator-page"), "CalculatorPage"),
});

const unpricedRoute = createRoute({
  getParentRoute: () => pricesFrameRoute,
  path: "/unpriced",
  component: lazyRouteComponent(() => import("@/features/prices/unpriced-page"), "UnpricedPage"),
});

const repricingRoute = createRoute({
  getParentRoute: () => pricesFrameRoute,
  path: "/reprice",
  validateSearch: (search: RawSearch): { run?: string | undefined } => textOf("run", search),
  component: lazyRouteComponent(() => import("@/features/prices/repricing-page"), "RepricingPage"),
});

const sourcesRoute = createRoute({
  getParentRoute: () => pricesFrameRoute,
  path: "/sources",
  component: lazyRouteComponent(() => import("@/features/prices/sources-page"), "SourcesPage"),
});

const reconciliationRoute = createRoute({
  getParentRoute: () => pricesFrameRoute,
  path: "/reconciliation",
  component: lazyRouteComponent(() => import("@/features/prices/reconciliation-page"), "ReconciliationPage"),
});

const alertsFrameRoute = createRoute({ getParentRoute: () => rootRoute, path: "/alerts", component: AlertsFrame });

const incidentsRoute = createRoute({
  getParentRoute: () => alertsFrameRoute,
  path: "/",
  validateSearch: (search: RawSearch): { incident?: string | undefined } => textOf("incident", search),
  component: lazyRouteComponent(() => import("@/features/alerts/incidents-page"), "IncidentsPage"),
});

const alertRulesRoute = createRoute({
  getParentRoute: () => alertsFrameRoute,
  path: "/rules",
  component: lazyRouteComponent(() => import("@/features/alerts/rules-page"), "RulesPage"),
});

const newAlertRuleRoute = createRoute({
  getParentRoute: () => alertsFrameRoute,
  path: "/rules/new",
  component: lazyRouteComponent(() => import("@/features/alerts/rule-page"), "NewRulePage"),
});

const alertRuleRoute = createRoute({
  getParentRoute: () => alertsFrameRoute,
  path: "/rules/$ruleId",
  component: lazyRouteComponent(() => import("@/features/alerts/rule-page"), "RulePage"),
});

const quietRoute = createRoute({
  getParentRoute: () => alertsFrameRoute,
  path: "/quiet",
  component: lazyRouteComponent(() => import("@/features/alerts/quiet-page"), "QuietPage"),
});

const channelsRoute = createRoute({
  getParentRoute: () => alertsFrameRoute,
  path: "/channels",
  component: lazyRouteComponent(() => import("@/features/alerts/channels-page"), "ChannelsPage"),
});

const digestsRoute = createRoute({
  getParentRoute: () => alertsFrameRoute,
  path: "/digests",
  component: lazyRouteComponent(() => import("@/features/alerts/digests-page"), "DigestsPage"),
});

const settingsRoute = createRoute({ getParentRoute: () => rootRoute, path: "/settings", component: ProjectFrame });

const projectRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/project/project-page"), "ProjectPage"),
});

const projectMembersRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/members",
  component: lazyRouteComponent(() => import("@/features/members/members-page"), "ProjectMembersPage"),
});

const keysRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/keys",
  component: lazyRouteComponent(() => import("@/features/keys/keys-page"), "KeysPage"),
});

const limitsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/limits",
  component: lazyRouteComponent(() => import("@/features/limits/limits-page"), "LimitsPage"),
});

const redactionRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/redaction",
  component: lazyRouteComponent(() => import("@/features/redaction/redaction-page"), "RedactionPage"),
});

const privacyRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/privacy",
  component: lazyRouteComponent(() => import("@/features/privacy/privacy-page"), "PrivacyPage"),
});

const organisationFrameRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/organisations/$organisationId",
  component: function Organisation() {
    return <OrganisationFrame organisationId={organisationFrameRoute.useParams().organisationId} />;
  },
});

const organisationRoute = createRoute({
  getParentRoute: () => organisationFrameRoute,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/organisation/organisation-page"), "OrganisationPage"),
});

const organisationMembersRoute = createRoute({
  getParentRoute: () => organisationFrameRoute,
  path: "/members",
  component: lazyRouteComponent(() => import("@/features/members/members-page"), "OrganisationMembersPage"),
});

const ssoRoute = createRoute({
  getParentRoute: () => organisationFrameRoute,
  path: "/sso",
  component: lazyRouteComponent(() => import("@/features/sso/sso-page"), "SsoPage"),
});

const auditRoute = createRoute({
  getParentRoute: () => organisationFrameRoute,
  path: "/audit",
  validateSearch: (search: RawSearch): AuditSearch => ({
    ...textOf("scope", search),
    ...textOf("actor", search),
    ...textOf("action", search),
    ...textOf("target", search),
    ...textOf("from", search),
    ...textOf("to", search),
  }),
  component: lazyRouteComponent(() => import("@/features/audit/audit-page"), "AuditPage"),
});

const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/account",
  component: lazyRouteComponent(() => import("@/features/account/account-page"), "AccountPage"),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search: RawSearch): { then?: string | undefined } => textOf("then", search),
  component: lazyRouteComponent(() => import("@/features/sign-in/sign-in-page"), "SignInPage"),
});

const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/invitation",
  component: lazyRouteComponent(() => import("@/features/sign-in/invitation-page"), "InvitationPage"),
});

const cliRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/cli",
  validateSearch: (search: RawSearch): { code?: string | undefined } => textOf("code", search),
  component: lazyRouteComponent(() => import("@/features/sign-in/cli-page"), "CliPage"),
});

const routeTree = rootRoute.addChildren([
  overviewRoute,
  tracesRoute,
  traceRoute,
  deadLettersRoute,
  connectRoute,
  gatewayRequestsRoute,
  playgroundRoute,
  gatewayRoutesRoute,
  newGatewayRouteRoute,
  gatewayRouteRoute,
  providersRoute,
  gatewaySettingsRoute,
  budgetsRoute,
  newBudgetRoute,
  budgetRoute,
  editBudgetRoute,
  killSwitchRoute,
  pricesFrameRoute.addChildren([pricesRoute, ownPricesRoute, calculatorRoute, unpricedRoute, repricingRoute, sourcesRoute, reconciliationRoute]),
  alertsFrameRoute.addChildren([incidentsRoute, alertRulesRoute, newAlertRuleRoute, alertRuleRoute, quietRoute, channelsRoute, digestsRoute]),
  settingsRoute.addChildren([projectRoute, projectMembersRoute, keysRoute, limitsRoute, redactionRoute, privacyRoute]),
  organisationFrameRoute.addChildren([organisationRoute, organisationMembersRoute, ssoRoute, auditRoute]),
  accountRoute,
  signInRoute,
  invitationRoute,
  cliRoute,
]);

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
