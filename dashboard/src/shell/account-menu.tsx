import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { LogOut, UserRound } from "lucide-react";

import { useMe } from "@/access/me";
import { apiKey, setApiKey } from "@/api/key";
import { chooseProject } from "@/api/project";
import { signOut } from "@/api/sign-in-endpoints";
import { paths } from "@/paths";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/ui/menu";

/** Leaves: a person's session ends, a key is forgotten by this browser. */
export function useSignOut(): () => Promise<void> {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    if (apiKey() === null) await signOut();
    chooseProject(null);
    await navigate({ ...paths.signIn(), search: { project: undefined } as never });
    setApiKey(null);
    queryClient.clear();
  };
}

/** Who is here, and the way out. */
export function AccountMenu() {
  const me = useMe().data;
  const leave = useSignOut();
  const user = me?.user ?? null;
  const name = user === null ? (me?.api_key_name ?? "API key") : user.name || user.email;
  return (
    <Menu>
      <MenuTrigger title={name} className="flex size-8 shrink-0 items-center justify-center rounded-md hover:bg-hover data-[state=open]:bg-hover">
        <span aria-hidden className="flex size-6 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent-text">
          {user === null ? <UserRound className="size-3.5" /> : initialsOf(name)}
        </span>
        <span className="sr-only">Account: {name}</span>
      </MenuTrigger>
      <MenuContent align="end" className="max-w-72">
        <div className="border-b border-line px-2 pt-1 pb-2">
          <div className="truncate font-medium">{name}</div>
          <div className="truncate text-xs text-muted">{user === null ? "An API key in this browser" : user.email}</div>
        </div>
        {user !== null && (
          <MenuItem asChild className="mt-1">
            <Link {...paths.account()}>
              <UserRound />
              My account
            </Link>
          </MenuItem>
        )}
        <MenuItem onSelect={() => void leave()}>
          <LogOut />
          {user === null ? "Forget the key in this browser" : "Sign out"}
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

/** "Ada Lovelace" → "AL". */
function initialsOf(name: string): string {
  const words = name.split(/[\s@.]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
}
