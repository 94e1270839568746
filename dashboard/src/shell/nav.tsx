import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useState } from "react";

import { useMe } from "@/access/me";
import { cn } from "@/ui/cn";
import { Dialog, DialogTrigger, SheetContent } from "@/ui/dialog";

import { healthOf, type Health } from "./health";
import { navigationOf, type Destination } from "./pages";
import { useStatus } from "./queries";

const ON_A_PHONE = 4;

/** The navigation in its groups. */
export function SideNav({ onLeave }: { onLeave?: () => void }) {
  const me = useMe().data;
  return (
    <nav aria-label="Main" className="flex flex-col gap-4 overflow-y-auto px-2 py-1">
      {navigationOf(me).map((group) => (
        <div key={group.label}>
          <h2 className="label-caps px-2 pb-1">{group.label}</h2>
          <div className="flex flex-col gap-0.5">
            {group.items.map((item) => (
              <SideLink key={item.label} item={item} {...(onLeave === undefined ? {} : { onLeave })} />
            ))}
          </div>
        </div>
      ))}
    </nav>
  );
}

function SideLink({ item: { label, icon: Icon, link, exact }, onLeave }: { item: Destination; onLeave?: () => void }) {
  return (
    <Link
      {...link}
      {...(onLeave === undefined ? {} : { onClick: onLeave })}
      activeOptions={{ exact: exact === true, includeSearch: false }}
      className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm font-medium text-muted transition-colors hover:bg-hover hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent-text"
    >
      <Icon aria-hidden className="size-4" />
      {label}
      {label === "Dead letters" && <Waiting />}
    </Link>
  );
}

function Waiting() {
  const deadLetters = useStatus().data?.dead_letters ?? 0;
  if (deadLetters === 0) return null;
  return (
    <span className="ml-auto rounded-sm bg-warn-soft px-1.5 text-2xs font-semibold text-warn tabular">
      {deadLetters.toLocaleString("en-US")}
      <span className="sr-only"> waiting</span>
    </span>
  );
}

const BOTTOM = "flex h-13 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-muted aria-[current=page]:text-accent-text";

/** On phones: the pages people watch, and the rest behind "More". */
export function BottomNav() {
  const me = useMe().data;
  const items = navigationOf(me).flatMap((group) => group.items).slice(0, ON_A_PHONE);
  return (
    <nav aria-label="Main" className="grid shrink-0 auto-cols-fr grid-flow-col border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden">
      {items.map(({ label, icon: Icon, link, exact }) => (
        <Link key={label} {...link} activeOptions={{ exact: exact === true, includeSearch: false }} className={BOTTOM}>
          <Icon aria-hidden className="size-[18px]" />
          {label}
        </Link>
      ))}
      <More />
    </nav>
  );
}

function More() {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <button type="button" className={BOTTOM}>
          <Ellipsis aria-hidden className="size-[18px]" />
          More
        </button>
      </DialogTrigger>
      <SheetContent title="All pages" side="left" className="w-72">
        <div className="flex min-h-0 flex-1 flex-col py-3">
          <SideNav onLeave={() => setOpen(false)} />
        </div>
      </SheetContent>
    </Dialog>
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
