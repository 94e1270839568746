import { Search } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";

import { Kbd } from "@/ui/field";

import { AccountMenu } from "./account-menu";
import { CommandPalette } from "./command-palette";
import { KillBanner } from "./kill-banner";
import { Logo } from "./logo";
import { BottomNav, SideNav, StatusLine } from "./nav";
import { ProjectSwitcher } from "./project-switcher";
import { ThemeMenu } from "./theme-menu";

/** The frame around every page: navigation, status, theme, palette. */
export function Shell({ children }: { children: ReactNode }) {
  const [paletteOpen, setPaletteOpen] = useState(false);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPaletteOpen((open) => !open);
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);

  return (
    <div className="flex h-full flex-col md:flex-row">
      <a href="#content" className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        Skip to content
      </a>
      <Sidebar onSearch={() => setPaletteOpen(true)} />
      <MobileHeader onSearch={() => setPaletteOpen(true)} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <KillBanner />
        <main id="content" tabIndex={-1} className="relative min-h-0 min-w-0 flex-1 overflow-y-auto outline-none">
          {children}
        </main>
      </div>
      <BottomNav />
      <CommandPalette open={paletteOpen} onOpenChange={setPaletteOpen} />
    </div>
  );
}

function Sidebar({ onSearch }: { onSearch: () => void }) {
  return (
    <aside aria-label="Sidebar" className="hidden w-52 shrink-0 flex-col border-r border-line bg-sunken md:flex">
      <div className="flex h-14 shrink-0 items-center gap-2.5 px-4">
        <Logo className="size-7" />
        <div className="flex min-w-0 flex-col items-start">
          <div className="text-sm leading-4 font-semibold">Lynex</div>
          <ProjectSwitcher className="max-w-full" />
        </div>
      </div>
      <div className="px-3 pb-3">
        <button type="button" onClick={onSearch} className="flex h-8 w-full items-center gap-2 rounded-md border border-line bg-surface px-2 text-sm text-faint shadow-card hover:border-line-strong">
          <Search aria-hidden className="size-3.5" />
          Search
          <span className="ml-auto flex gap-0.5" aria-hidden>
            <Kbd>Ctrl</Kbd>
            <Kbd>K</Kbd>
          </span>
        </button>
      </div>
      <SideNav />
      <div className="mt-auto flex items-center justify-between gap-2 border-t border-line py-2 pr-2 pl-4">
        <StatusLine />
        <span className="flex">
          <ThemeMenu />
          <AccountMenu />
        </span>
      </div>
    </aside>
  );
}

function MobileHeader({ onSearch }: { onSearch: () => void }) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-surface px-3 md:hidden">
      <Logo className="size-6" />
      <ProjectSwitcher className="text-sm font-semibold text-text" />
      <div className="ml-auto flex items-center gap-1">
        <StatusLine />
        <button type="button" aria-label="Search" onClick={onSearch} className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover">
          <Search aria-hidden className="size-4" />
        </button>
        <ThemeMenu />
        <AccountMenu />
      </div>
    </header>
  );
}
