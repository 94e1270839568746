import { useNavigate } from "@tanstack/react-router";
import { CornerDownLeft, Folder, Hash, LogOut, Moon, Search, Sun, Monitor, type LucideIcon } from "lucide-react";
import { useState, type KeyboardEvent } from "react";

import { useMe } from "@/access/me";
import { useSwitchProject } from "@/access/switch-project";
import type { Me, Project } from "@/api/types";
import { paths } from "@/paths";
import { cn } from "@/ui/cn";
import { Dialog, DialogContent, DialogTitle } from "@/ui/dialog";
import { Kbd } from "@/ui/field";

import { useSignOut } from "./account-menu";
import { commandsFor } from "./commands";
import { everyPage } from "./pages";
import { setTheme } from "./theme";

interface Command {
  label: string;
  icon: LucideIcon;
  run: () => void;
}

const otherProjects = (me: Me | undefined): Project[] => (me?.kind === "user" ? me.projects.filter((project) => project.id !== me.project_id) : []);

/** Go anywhere, find anything, from the keyboard. */
export function CommandPalette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent>
        <DialogTitle className="sr-only">Command palette</DialogTitle>
        <Palette onDone={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
}

function Palette({ onDone }: { onDone: () => void }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const me = useMe().data;
  const leave = useSignOut();
  const switchProject = useSwitchProject();

  const fixed: Command[] = [
    ...everyPage(me).map(({ label, icon, link }) => ({ label: `Go to ${label}`, icon, run: () => void navigate(link) })),
    ...otherProjects(me).map(({ id, name }) => ({ label: `Switch to ${name}`, icon: Folder, run: () => void switchProject(id) })),
    { label: "Theme: system", icon: Monitor, run: () => setTheme("system") },
    { label: "Theme: light", icon: Sun, run: () => setTheme("light") },
    { label: "Theme: dark", icon: Moon, run: () => setTheme("dark") },
    { label: me?.kind === "user" ? "Sign out" : "Forget the key in this browser", icon: LogOut, run: () => void leave() },
  ];
  const { traceId, text, matching } = commandsFor(typed, fixed);
  const commands: Command[] = [
    ...(traceId === null ? [] : [{ label: `Open trace ${traceId.slice(0, 12)}…`, icon: Hash, run: () => void navigate(paths.trace(traceId)) }]),
    ...matching,
    ...(text === null ? [] : [{ label: `Search traces for “${text}”`, icon: Search, run: () => void navigate(paths.traces({ q: text })) }]),
  ];
  const at = Math.min(active, commands.length - 1);
  const run = (command: Command | undefined) => {
    onDone();
    command?.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setActive((at + step + commands.length) % commands.length);
    }
    if (event.key === "Enter") run(commands[at]);
  };
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search aria-hidden className="size-4 text-faint" />
        <input
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls="commands"
          aria-activedescendant={`command-${at}`}
          aria-label="Command or search"
          placeholder="Go to a page, open a trace id, or search"
          className="h-11 flex-1 bg-transparent text-base outline-none"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
        <Kbd>Esc</Kbd>
      </div>
      <ul id="commands" role="listbox" aria-label="Commands" className="max-h-80 overflow-y-auto p-1.5">
        {commands.map((command, index) => (
          <li
            key={command.label}
            id={`command-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerMove={() => setActive(index)}
            onClick={() => run(command)}
            className={cn("flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5", index === at && "bg-hover")}
          >
            <command.icon aria-hidden className="size-4 text-faint" />
            <span className="truncate">{command.label}</span>
            {index === at && <CornerDownLeft aria-hidden className="ml-auto size-3.5 text-faint" />}
          </li>
        ))}
      </ul>
    </>
  );
}
