/** Every page, in the groups of the navigation. Tabs, navigation and palette are made of these. Pure. */
import type { LinkProps } from "@tanstack/react-router";
import { Activity, ArrowLeftRight, BellRing, Building2, FlaskConical, FolderCog, Inbox, LayoutDashboard, OctagonX, Plug, Server, SlidersHorizontal, Split, Tags, UserRound, Wallet, type LucideIcon } from "lucide-react";

import { mayInOrganisation } from "@/access/may";
import type { Me, Permission } from "@/api/types";
import { paths } from "@/paths";

type PageLink = Pick<LinkProps, "to" | "search" | "params">;

export interface Page {
  label: string;
  link: PageLink;
}

/** A page in the navigation; `tabs` are the pages it is made of. */
export interface Destination extends Page {
  icon: LucideIcon;
  exact?: boolean;
  tabs?: readonly Page[];
}

interface NavigationGroup {
  label: string;
  items: readonly Destination[];
}

const OBSERVE: readonly Destination[] = [
  { label: "Overview", icon: LayoutDashboard, link: paths.overview(), exact: true },
  { label: "Traces", icon: Activity, link: paths.traces() },
  { label: "Dead letters", icon: Inbox, link: paths.deadLetters() },
  { label: "Connect", icon: Plug, link: paths.connect() },
];

/** Calls that go through Lynex on their way. */
const GATEWAY: readonly Destination[] = [
  { label: "Live requests", icon: ArrowLeftRight, link: paths.gatewayRequests() },
  { label: "Playground", icon: FlaskConical, link: paths.playground() },
  { label: "Routes", icon: Split, link: paths.gatewayRoutes() },
  { label: "Providers", icon: Server, link: paths.providers() },
  { label: "Gateway settings", icon: SlidersHorizontal, link: paths.gatewaySettings() },
];

export const PRICE_TABS: readonly Page[] = [
  { label: "Model prices", link: paths.prices() },
  { label: "Own prices", link: paths.ownPrices() },
  { label: "Cost calculator", link: paths.priceCalculator() },
  { label: "Unpriced models", link: paths.unpriced() },
  { label: "Re-price history", link: paths.repricing() },
  { label: "Price sources", link: paths.priceSources() },
  { label: "Reconciliation", link: paths.reconciliation() },
];

export const ALERT_TABS: readonly Page[] = [
  { label: "Incidents", link: paths.incidents() },
  { label: "Alert rules", link: paths.alertRules() },
  { label: "Silences", link: paths.quiet() },
  { label: "Channels", link: paths.channels() },
  { label: "Cost digests", link: paths.digests() },
];

/** What stops spending and says what it costs. */
const CONTROL: readonly Destination[] = [
  { label: "Budgets", icon: Wallet, link: paths.budgets() },
  { label: "Kill switch", icon: OctagonX, link: paths.killSwitch() },
  { label: "Alerts", icon: BellRing, link: paths.incidents(), tabs: ALERT_TABS },
  { label: "Prices", icon: Tags, link: paths.prices(), tabs: PRICE_TABS },
];

export function projectTabs(me: Me): readonly Page[] {
  const isPerson = me.kind === "user";
  return [
    { label: "General", link: paths.project() },
    ...(isPerson ? [{ label: "Members", link: paths.projectMembers() }] : []),
    ...(me.permissions.includes("keys:read") ? [{ label: "API keys", link: paths.keys() }] : []),
    { label: "Limits", link: paths.limits() },
    { label: "Redaction", link: paths.redaction() },
    ...(me.permissions.includes("export:read") ? [{ label: "Privacy", link: paths.privacy() }] : []),
  ];
}

/** Only for who has a role in the organisation as a whole; a key that may reads its project's part of the audit log. */
export function organisationTabs(me: Me, organisationId: string): readonly Page[] {
  const may = (permission: Permission) => mayInOrganisation(me, organisationId, permission);
  const readsAudit = may("audit:read") || (me.kind === "api_key" && me.permissions.includes("audit:read"));
  return [
    ...(may("organisation:read") ? [{ label: "General", link: paths.organisation(organisationId) }] : []),
    ...(may("members:read") ? [{ label: "Members", link: paths.organisationMembers(organisationId) }] : []),
    ...(may("organisation:write") ? [{ label: "Single sign-on", link: paths.sso(organisationId) }] : []),
    ...(readsAudit ? [{ label: "Audit log", link: paths.audit(organisationId) }] : []),
  ];
}

function settingsOf(me: Me): Destination[] {
  const organisationId = me.organisation_id ?? me.organisations[0]?.id;
  const tabs = organisationId === undefined ? [] : organisationTabs(me, organisationId);
  const [first] = tabs;
  return [
    ...(me.project_id === null ? [] : [{ label: "Project", icon: FolderCog, link: paths.project(), tabs: projectTabs(me) }]),
    ...(first === undefined ? [] : [{ label: "Organisation", icon: Building2, link: first.link, tabs }]),
    ...(me.kind === "user" ? [{ label: "My account", icon: UserRound, link: paths.account() }] : []),
  ];
}

/** What a visitor can go to. Before it is known who that is: what everybody can. */
export function navigationOf(me: Me | undefined): readonly NavigationGroup[] {
  const groups = [
    { label: "Observe", items: me !== undefined && me.project_id === null ? [] : OBSERVE },
    { label: "Gateway", items: me !== undefined && me.project_id === null ? [] : GATEWAY },
    { label: "Control", items: me !== undefined && me.project_id === null ? [] : CONTROL },
    { label: "Settings", items: me === undefined ? [] : settingsOf(me) },
  ];
  return groups.filter((group) => group.items.length > 0);
}

/** Every page by a name of its own: "Members (organisation)". */
export function everyPage(me: Me | undefined): (Page & { icon: LucideIcon })[] {
  return navigationOf(me).flatMap((group) =>
    group.items.flatMap(({ label, icon, link, tabs }) =>
      tabs === undefined ? [{ label, icon, link }] : tabs.map((tab) => ({ label: tabName(tab.label, label), icon, link: tab.link })),
    ),
  );
}

function tabName(tab: string, of: string): string {
  if (tab === "General") return `${of} settings`;
  return tab === "Members" ? `${of} members` : tab;
}
