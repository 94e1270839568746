import { useNavigate, useSearch } from "@tanstack/react-router";

/** Whether news is followed: on unless the URL says `live=off`. */
export function useLiveChoice(): [live: boolean, setLive: (live: boolean) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const setLive = (live: boolean) => {
    void navigate({ to: ".", search: { ...search, live: live ? undefined : "off" } as never, replace: true });
  };
  return [search.live !== "off", setLive];
}
