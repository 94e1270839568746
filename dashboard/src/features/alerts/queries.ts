import { useQuery } from "@tanstack/react-query";

import { fetchChannels, fetchRules } from "@/api/alert-endpoints";

/** The first elements of the keys about alerts. */
export const RULES = "alert-rules";
export const INCIDENTS = "incidents";
export const SILENCES = "silences";
export const MUTES = "mutes";
export const CHANNELS = "alert-channels";
export const DIGESTS = "digests";

export const REFRESH_MS = 10_000;

export const useRules = () => useQuery({ queryKey: [RULES, "list"], queryFn: ({ signal }) => fetchRules(signal), refetchInterval: REFRESH_MS });
export const useChannels = () => useQuery({ queryKey: [CHANNELS, "list"], queryFn: ({ signal }) => fetchChannels(signal), refetchInterval: REFRESH_MS });
