import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { fetchInvitations, fetchMembers, type Place } from "@/api/identity-endpoints";

export const membersKey = (place: Place) => ["members", place.kind, place.id];
export const invitationsKey = (place: Place) => ["invitations", place.kind, place.id];

export function useMembers(place: Place) {
  return useInfiniteQuery({
    queryKey: membersKey(place),
    queryFn: ({ pageParam, signal }) => fetchMembers(place, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function useInvitations(place: Place) {
  return useQuery({ queryKey: invitationsKey(place), queryFn: ({ signal }) => fetchInvitations(place, signal) });
}
