import { Check, ChevronsUpDown, FolderPlus, Plus, Search, type LucideIcon } from "lucide-react";
import { useState, type KeyboardEvent } from "react";

import { isAtLeast } from "@/access/may";
import { useMe } from "@/access/me";
import { useSwitchProject } from "@/access/switch-project";
import type { Me } from "@/api/types";
import { cn } from "@/ui/cn";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";

import { NewOrganisationDialog, NewProjectDialog } from "./new-place";

interface Option {
  id: string;
  label: string;
  group: string;
  icon?: LucideIcon;
  isOn?: boolean;
  note?: string | undefined;
  run: () => void;
}

type Making = { kind: "project"; organisationId: string | null } | { kind: "organisation" } | null;

/** Which project one looks at, and the way to another one. */
export function ProjectSwitcher({ className }: { className?: string }) {
  const me = useMe().data;
  const [open, setOpen] = useState(false);
  const [making, setMaking] = useState<Making>(null);
  const name = me?.project_name ?? (me === undefined ? " " : "No project");
  if (me?.kind !== "user") return <div className={cn("truncate text-xs text-muted", className)}>{name}</div>;
  return (
    <>
      <Popover open={open} onOpenChange={setOpen}>
        <PopoverTrigger
          aria-label={`Project: ${name}. Switch`}
          className={cn("flex min-w-0 items-center gap-1 rounded-sm text-xs text-muted hover:text-text", className)}
        >
          <span className="truncate">{name}</span>
          <ChevronsUpDown aria-hidden className="size-3 shrink-0 text-faint" />
        </PopoverTrigger>
        <PopoverContent className="w-72">
          <Options me={me} onDone={() => setOpen(false)} onMake={setMaking} />
        </PopoverContent>
      </Popover>
      {making?.kind === "project" && <NewProjectDialog me={me} organisationId={making.organisationId} onClose={() => setMaking(null)} />}
      {making?.kind === "organisation" && <NewOrganisationDialog onClose={() => setMaking(null)} onMade={(organisationId) => setMaking({ kind: "project", organisationId })} />}
    </>
  );
}

function Options({ me, onDone, onMake }: { me: Me; onDone: () => void; onMake: (making: Making) => void }) {
  const switchProject = useSwitchProject();
  const [typed, setTyped] = useState("");
  const projects: Option[] = me.organisations.flatMap((organisation) =>
    me.projects
      .filter((project) => project.organisation_id === organisation.id)
      .map((project) => ({
        id: project.id,
        label: project.name,
        note: project.erase_after === null ? undefined : "being deleted",
        group: organisation.name,
        isOn: project.id === me.project_id,
        run: () => void (project.id !== me.project_id && switchProject(project.id)),
      })),
  );
  const mayMake = me.organisations.some((each) => isAtLeast(each.role, "admin"));
  const making: Option[] = [
    ...(mayMake ? [{ id: "new-project", label: "New project", group: "Make", icon: FolderPlus, run: () => onMake({ kind: "project", organisationId: null }) }] : []),
    { id: "new-organisation", label: "New organisation", group: "Make", icon: Plus, run: () => onMake({ kind: "organisation" }) },
  ];
  const all = [...projects, ...making];
  const [active, setActive] = useState(() => Math.max(0, all.findIndex((option) => option.isOn === true)));
  const wanted = typed.trim().toLowerCase();
  const options = all.filter((option) => `${option.label} ${option.group} ${option.id}`.toLowerCase().includes(wanted));
  const at = Math.min(active, options.length - 1);
  const run = (option: Option | undefined) => {
    if (option === undefined) return;
    onDone();
    option.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setActive((at + step + options.length) % Math.max(1, options.length));
    }
    if (event.key === "Enter") {
      event.preventDefault();
      run(options[at]);
    }
  };
  const groups = [...new Set(options.map((option) => option.group))];
  return (
    <>
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search aria-hidden className="size-3.5 text-faint" />
        <input
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls="projects"
          aria-activedescendant={options.length > 0 ? `project-${at}` : undefined}
          aria-label="Find a project"
          placeholder="Find a project"
          className="h-9 min-w-0 flex-1 bg-transparent text-sm outline-none"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id="projects" role="listbox" aria-label="Projects" className="max-h-80 overflow-y-auto p-1">
        {options.length === 0 && <div role="option" aria-selected={false} aria-disabled className="px-2 py-3 text-center text-sm text-muted">No project is called so.</div>}
        {groups.map((group) => (
          <div key={group} role="group" aria-label={group}>
            <div aria-hidden className="label-caps truncate px-2 pt-2 pb-1">
              {group}
            </div>
            {options.map((option, index) =>
              option.group !== group ? null : (
                <div
                  key={option.id}
                  id={`project-${index}`}
                  role="option"
                  aria-selected={index === at}
                  aria-current={option.isOn === true ? "true" : undefined}
                  onPointerMove={() => setActive(index)}
                  onClick={() => run(option)}
                  className={cn("flex h-8 cursor-default items-center gap-2 rounded-sm px-2", index === at && "bg-hover")}
                >
                  {option.icon !== undefined && <option.icon aria-hidden className="size-4 text-faint" />}
                  <span className="truncate">{option.label}</span>
                  {option.note !== undefined && <span className="shrink-0 text-xs text-bad">{option.note}</span>}
                  {option.isOn === true && <Check aria-hidden className="ml-auto size-4 shrink-0 text-accent-text" />}
                </div>
              ),
            )}
          </div>
        ))}
      </div>
    </>
  );
}
