/** What is removed before it is stored, and what is removed afterwards. */
import { get, post, put, remove } from "./client";
import type { Erasure, ErasurePage, RedactionSettings, RedactionState, Sample, Tried } from "./types";

const id = encodeURIComponent;

export const fetchRedaction = (signal?: AbortSignal) => get<RedactionState>("/v1/redaction", {}, signal);

/** Refused with 412 when somebody else changed the settings since `version` was read. */
export const changeRedaction = (settings: RedactionSettings, version: number) =>
  put<RedactionState>("/v1/redaction", settings, { headers: { "If-Match": `"${version}"` } });

export const tryRedaction = (settings: RedactionSettings, sample: Partial<Sample>) => post<Tried>("/v1/redaction/try", { settings, sample });

export const eraseEndUser = (endUserId: string) => remove<Erasure>(`/v1/end-users/${id(endUserId)}`);

export const endUserExportUrl = (endUserId: string) => `/v1/end-users/${id(endUserId)}/export`;

export const fetchErasures = (endUserId: string | null, cursor: string | null, signal?: AbortSignal) =>
  get<ErasurePage>("/v1/erasures", { end_user_id: endUserId, limit: 50, cursor }, signal);
