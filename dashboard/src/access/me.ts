/** Who is here, in which project. */
import { useQuery } from "@tanstack/react-query";

import { ApiError } from "@/api/client";
import { fetchMe } from "@/api/endpoints";
import { chooseProject, chosenProject, isProjectNamed } from "@/api/project";
import type { Me, Permission } from "@/api/types";

import { refusalInOrganisation, refusalInProject } from "./may";

export const ME_KEY = ["me"] as const;

export function useMe() {
  return useQuery({ queryKey: ME_KEY, queryFn: ({ signal }) => loadMe(signal), staleTime: 60_000 });
}

/** Why the visitor may not do something in the chosen project; null when he may, and while that is not known. */
export function useRefusal(permission: Permission): string | null {
  const me = useMe().data;
  return me === undefined ? null : refusalInProject(me, permission);
}

/** The same of something that may be about every project of the organisation: then a role in that counts. */
export function useRefusalOf(permission: Permission, isAboutAll: boolean): string | null {
  const me = useMe().data;
  if (me === undefined) return null;
  return isAboutAll ? refusalInOrganisation(me, me.organisation_id ?? "", permission) : refusalInProject(me, permission);
}

export function useOrganisationRefusal(organisationId: string, permission: Permission): string | null {
  const me = useMe().data;
  return me === undefined ? null : refusalInOrganisation(me, organisationId, permission);
}

/** A person's answer always has a project where he is in any: the one that was named, else the one of last time, else the newest. */
async function loadMe(signal: AbortSignal): Promise<Me> {
  const me = await fetchMe(signal).catch((error: unknown) => {
    const isGone = error instanceof ApiError && error.status === 404 && chosenProject() !== null && !isProjectNamed();
    if (!isGone) throw error;
    chooseProject(null);
    return fetchMe(signal);
  });
  if (me.kind !== "user") return me;
  const project = me.project_id ?? (me.projects.find((each) => each.erase_after === null) ?? me.projects[0])?.id ?? null;
  if (project === null || project === chosenProject()) return me;
  chooseProject(project);
  return me.project_id === null ? fetchMe(signal) : me;
}
