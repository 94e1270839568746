import { Link, type LinkProps } from "@tanstack/react-router";
import { Activity, Inbox, LayoutDashboard, Plug, type LucideIcon } from "lucide-react";

import { paths } from "@/paths";
import { cn } from "@/ui/cn";

import { healthOf, type Health } from "./health";
import { useStatus } from "./queries";

export interface Destination {
  label: string;
  icon: LucideIcon;
  link: Pick<LinkProps, "to" | "search">;
  exact?: boolean;
}

export const DESTINATIONS: readonly Destination[] = [
  { label: "Overview", icon: LayoutDashboard, link: paths.overview(), exact: true },
  { label: "Traces", icon: Activity, link: paths.traces() },
  { label: "Dead letters", icon: Inbox, link: paths.deadLetters() },
  { label: "Connect", icon: Plug, link: paths.connect() },
];

export function SideNav() {
  const deadLetters = useStatus().data?.dead_letters ?? 0;
  return (
    <nav aria-label="Main" className="flex flex-col gap-0.5 px-2">
      {DESTINATIONS.map(({ label, icon: Icon, link, exact }) => (
        <Link
          key={label}
          {...link}
          activeOptions={{ exact: exact === true, includeSearch: false }}
          className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm font-medium text-muted transition-colors hover:bg-hover hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent-text"
        >
          <Icon aria-hidden className="size-4" />
          {label}
          {label === "Dead letters" && deadLetters > 0 && (
            <span className="ml-auto rounded-sm bg-warn-soft px-1.5 text-2xs font-semibold text-warn tabular">
              {deadLetters.toLocaleString("en-US")}
              <span className="sr-only"> waiting</span>
            </span>
          )}
        </Link>
      ))}
    </nav>
  );
}

export function BottomNav() {
  return (
    <nav aria-label="Main" className="grid shrink-0 grid-cols-4 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden">
      {DESTINATIONS.map(({ label, icon: Icon, link, exact }) => (
        <Link
          key={label}
          {...link}
          activeOptions={{ exact: exact === true, includeSearch: false }}
          className="flex h-13 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-muted aria-[current=page]:text-accent-text"
        >
          <Icon aria-hidden className="size-[18px]" />
          {label}
        </Link>
      ))}
    </nav>
  );
}

const DOT: Record<Health["level"], string> = { good: "bg-good", busy: "bg-warn", bad: "bg-bad", unknown: "bg-faint" };

export function StatusLine() {
  const status = useStatus();
  const health = healthOf(status.data, status.isError);
  return (
    <div role="status" aria-label="Server status" className="flex min-w-0 items-center gap-2 text-xs text-muted" title={status.data ? `Lynex ${status.data.version}` : undefined}>
      <span aria-hidden className={cn("size-2 shrink-0 rounded-full", DOT[health.level])} />
      <span className="truncate">{health.text}</span>
    </div>
  );
}
