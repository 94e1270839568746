/** Organisations, projects, people, keys, and what they did. */
import { get, patch, post, put, remove, type Parameters } from "./client";
import type {
  ApiKey,
  AuditPage,
  CallerLimits,
  Environment,
  Invitation,
  KeyLimits,
  KeyWish,
  LoweredLimits,
  Member,
  MemberPage,
  NewApiKey,
  NewInvitation,
  Organisation,
  Project,
  ProjectLimits,
  Role,
  SsoProvider,
  SsoProviderWish,
} from "./types";

const id = encodeURIComponent;

interface Items<T> {
  items: T[];
}

/** Where people are members: an organisation as a whole, or one project. */
export interface Place {
  kind: "organisations" | "projects";
  id: string;
}

const at = (place: Place) => `/v1/${place.kind}/${id(place.id)}`;
const organisation = (organisationId: string) => `/v1/organisations/${id(organisationId)}`;
const project = (projectId: string) => `/v1/projects/${id(projectId)}`;

export const createOrganisation = (name: string) => post<Organisation>("/v1/organisations", { name });
export const renameOrganisation = (organisationId: string, name: string) => patch<Organisation>(organisation(organisationId), { name });
export const deleteOrganisation = (organisationId: string) => remove(organisation(organisationId));
export const transferOwnership = (organisationId: string, userId: string) =>
  post<Member>(`${organisation(organisationId)}/transfer-ownership`, { user_id: userId });

export const createProject = (organisationId: string, name: string, projectId: string | null) =>
  post<Project>(`${organisation(organisationId)}/projects`, { name, id: projectId });
export const renameProject = (projectId: string, name: string) => patch<Project>(project(projectId), { name });
export const deleteProject = (projectId: string) => remove<Project>(project(projectId));
export const restoreProject = (projectId: string) => post<Project>(`${project(projectId)}/restore`);
export const projectExportUrl = (projectId: string) => `${project(projectId)}/export`;

export const fetchEnvironments = async (projectId: string, signal?: AbortSignal) =>
  (await get<Items<Environment>>(`${project(projectId)}/environments`, {}, signal)).items;
export const addEnvironment = (projectId: string, name: string) => post<Environment>(`${project(projectId)}/environments`, { name });
export const removeEnvironment = (projectId: string, name: string) => remove(`${project(projectId)}/environments/${id(name)}`);

export const fetchMembers = (place: Place, cursor: string | null, signal?: AbortSignal) =>
  get<MemberPage>(`${at(place)}/members`, { limit: 100, cursor }, signal);
export const changeRole = (place: Place, userId: string, role: Role) => patch<Member>(`${at(place)}/members/${id(userId)}`, { role });
export const removeMember = (place: Place, userId: string) => remove(`${at(place)}/members/${id(userId)}`);
export const leave = (place: Place) => post(`${at(place)}/leave`);

export const fetchInvitations = async (place: Place, signal?: AbortSignal) =>
  (await get<Items<Invitation>>(`${at(place)}/invitations`, {}, signal)).items;
export const invite = (place: Place, email: string, role: Role) => post<NewInvitation>(`${at(place)}/invitations`, { email, role });
export const revokeInvitation = (place: Place, invitationId: string) => remove(`${at(place)}/invitations/${id(invitationId)}`);

export const fetchKeys = async (signal?: AbortSignal) => (await get<Items<ApiKey>>("/v1/keys", {}, signal)).items;
export const createKey = (wish: KeyWish) => post<NewApiKey>("/v1/keys", wish);
export const changeKey = (keyId: string, change: Partial<KeyWish>) => patch<ApiKey>(`/v1/keys/${id(keyId)}`, change);
export const revokeKey = (keyId: string) => remove(`/v1/keys/${id(keyId)}`);
export const rotateKey = (keyId: string, overlapS: number) => post<NewApiKey>(`/v1/keys/${id(keyId)}/rotate`, { overlap_s: overlapS });

export const fetchLimits = (signal?: AbortSignal) => get<CallerLimits>("/v1/limits", {}, signal);
export const lowerProjectLimits = (projectId: string, lowered: LoweredLimits) => put<ProjectLimits>(`${project(projectId)}/limits`, lowered);
export const fetchKeyLimits = (keyId: string, signal?: AbortSignal) => get<KeyLimits>(`/v1/keys/${id(keyId)}/limits`, {}, signal);
export const lowerKeyLimits = (keyId: string, lowered: LoweredLimits) => put<KeyLimits>(`/v1/keys/${id(keyId)}/limits`, lowered);

export const fetchProviders = async (organisationId: string, signal?: AbortSignal) =>
  (await get<Items<SsoProvider>>(`${organisation(organisationId)}/sso`, {}, signal)).items;
export const addProvider = (organisationId: string, wish: SsoProviderWish) => post<SsoProvider>(`${organisation(organisationId)}/sso`, wish);
export const changeProvider = (organisationId: string, providerId: string, wish: SsoProviderWish) =>
  put<SsoProvider>(`${organisation(organisationId)}/sso/${id(providerId)}`, wish);
export const removeProvider = (organisationId: string, providerId: string) => remove(`${organisation(organisationId)}/sso/${id(providerId)}`);

export const fetchAudit = (organisationId: string, filters: Parameters, cursor: string | null, signal?: AbortSignal) =>
  get<AuditPage>(`${organisation(organisationId)}/audit`, { ...filters, limit: 50, cursor }, signal);
export const auditExportPath = (organisationId: string) => `${organisation(organisationId)}/audit/export`;
