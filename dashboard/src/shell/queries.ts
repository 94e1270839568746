import { useQuery } from "@tanstack/react-query";

import { useMe } from "@/access/me";
import { fetchStatus } from "@/api/endpoints";

const STATUS_EVERY_MS = 10_000;

/** How the server is. Asked for within a project. */
export function useStatus() {
  const hasProject = useMe().data?.project_id != null;
  return useQuery({ queryKey: ["status"], queryFn: ({ signal }) => fetchStatus(signal), refetchInterval: STATUS_EVERY_MS, enabled: hasProject });
}
