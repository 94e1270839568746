import { Link, Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useMe } from "@/access/me";
import { PageHeader } from "@/ui/page";

import { ALERT_TABS, organisationTabs, PRICE_TABS, projectTabs, type Page } from "./pages";

/** The pages about one project. */
export function ProjectFrame({ notice }: { notice?: ReactNode }) {
  const me = useMe().data;
  return (
    <>
      <PageHeader title="Project" note={me?.project_name ?? ""} />
      <SectionTabs label="Project settings" pages={me === undefined ? [] : projectTabs(me)} />
      {notice}
      <Outlet />
    </>
  );
}

/** The pages about one organisation. */
export function OrganisationFrame({ organisationId }: { organisationId: string }) {
  const me = useMe().data;
  const name = me?.organisations.find((each) => each.id === organisationId)?.name;
  return (
    <>
      <PageHeader title="Organisation" note={name ?? ""} />
      <SectionTabs label="Organisation settings" pages={me === undefined ? [] : organisationTabs(me, organisationId)} />
      <Outlet />
    </>
  );
}

/** The pages about prices. */
export function PricesFrame() {
  return (
    <>
      <PageHeader title="Prices" note={<span className="hidden lg:inline">What models cost, and where that is known from.</span>} />
      <SectionTabs label="Prices" pages={PRICE_TABS} />
      <Outlet />
    </>
  );
}

/** The pages about alerts. */
export function AlertsFrame() {
  return (
    <>
      <PageHeader title="Alerts" />
      <SectionTabs label="Alerts" pages={ALERT_TABS} />
      <Outlet />
    </>
  );
}

function SectionTabs({ label, pages }: { label: string; pages: readonly Page[] }) {
  return (
    <nav aria-label={label} className="sticky top-0 z-10 flex gap-4 overflow-x-auto border-b border-line bg-canvas px-4 md:px-6">
      {pages.map((page) => (
        <Link
          key={page.label}
          {...page.link}
          activeOptions={{ exact: true, includeSearch: false }}
          className="-mb-px flex h-9 shrink-0 items-center border-b-2 border-transparent text-sm font-medium whitespace-nowrap text-muted transition-colors hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text"
        >
          {page.label}
        </Link>
      ))}
    </nav>
  );
}
