import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { chooseProject } from "@/api/project";

/** Shows another project: nothing of the one before stays on the page or in memory. `to` is where to go; else the same page. */
export function useSwitchProject(): (projectId: string | null, to?: string) => Promise<void> {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return async (projectId, to) => {
    chooseProject(projectId, projectId !== null);
    await navigate({ to: to ?? pageFor(window.location.pathname), search: { project: projectId ?? undefined } as never });
    await queryClient.resetQueries();
  };
}

/** A trace and an organisation are of one project: they stay behind. */
function pageFor(path: string): string {
  if (path.startsWith("/traces/")) return "/traces";
  return path.startsWith("/organisations/") ? "/" : path;
}
