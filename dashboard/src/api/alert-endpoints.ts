/** Alert rules, incidents, what keeps them quiet, who is told, and cost digests. */
import type {
  AlertRule,
  AlertRuleDetail,
  AlertRuleWish,
  Channel,
  ChannelWish,
  Delivery,
  DeliveryPage,
  Digest,
  DigestPreview,
  DigestWish,
  IncidentDetail,
  IncidentPage,
  Mute,
  MuteWish,
  NewChannel,
  RulePreview,
  Silence,
  SilenceWish,
  Templates,
  TemplatesPreview,
} from "./alert-types";
import { get, post, put, remove } from "./client";

const at = (kind: string, id: string, rest = "") => `/v1/alerts/${kind}/${encodeURIComponent(id)}${rest}`;

interface Items<T> {
  items: T[];
}

const list = async <T>(path: string, signal?: AbortSignal) => (await get<Items<T>>(path, {}, signal)).items;

export const fetchRules = (signal?: AbortSignal) => list<AlertRule>("/v1/alerts/rules", signal);
export const fetchRule = (id: string, signal?: AbortSignal) => get<AlertRuleDetail>(at("rules", id), {}, signal);
/** How often such a rule would have fired. Nothing is made. */
export const previewRule = (wish: AlertRuleWish, signal?: AbortSignal) => post<RulePreview>("/v1/alerts/rules/preview", wish, { signal });
export const saveRule = (id: string | null, wish: AlertRuleWish) => (id === null ? post<AlertRule>("/v1/alerts/rules", wish) : put<AlertRule>(at("rules", id), wish));
export const removeRule = (id: string) => remove(at("rules", id));

export interface IncidentFilter {
  phase?: "open" | "acknowledged" | "resolved";
  rule_id?: string;
}

export const fetchIncidents = (filter: IncidentFilter, cursor: string | null, signal?: AbortSignal) => get<IncidentPage>("/v1/alerts/incidents", { ...filter, limit: 50, cursor }, signal);
export const fetchIncident = (id: string, signal?: AbortSignal) => get<IncidentDetail>(at("incidents", id), {}, signal);
export const acknowledgeIncident = (id: string) => post(at("incidents", id, "/acknowledge"));
export const commentIncident = (id: string, text: string) => post(at("incidents", id, "/comments"), { text });
export const resolveIncident = (id: string, text: string) => post(at("incidents", id, "/resolve"), { text });

export const fetchSilences = (signal?: AbortSignal) => list<Silence>("/v1/alerts/silences", signal);
export const createSilence = (wish: SilenceWish) => post<Silence>("/v1/alerts/silences", wish);
export const endSilence = (id: string) => remove(at("silences", id));

export const fetchMutes = (signal?: AbortSignal) => list<Mute>("/v1/alerts/mutes", signal);
export const saveMute = (id: string | null, wish: MuteWish) => (id === null ? post<Mute>("/v1/alerts/mutes", wish) : put<Mute>(at("mutes", id), wish));
export const removeMute = (id: string) => remove(at("mutes", id));

export const fetchChannels = (signal?: AbortSignal) => list<Channel>("/v1/alerts/channels", signal);
export const saveChannel = (id: string | null, wish: ChannelWish) => (id === null ? post<NewChannel>("/v1/alerts/channels", wish) : put<NewChannel>(at("channels", id), wish));
export const removeChannel = (id: string) => remove(at("channels", id));
export const testChannel = async (id: string) => (await post<Items<Delivery>>(at("channels", id, "/test"))).items;
export const fetchDeliveries = (id: string, cursor: string | null, signal?: AbortSignal) => get<DeliveryPage>(at("channels", id, "/deliveries"), { limit: 50, cursor }, signal);
export const previewTemplates = (templates: Templates, signal?: AbortSignal) => post<TemplatesPreview>("/v1/alerts/templates/preview", templates, { signal });

export const fetchDigests = (signal?: AbortSignal) => list<Digest>("/v1/alerts/digests", signal);
export const saveDigest = (id: string | null, wish: DigestWish) => (id === null ? post<Digest>("/v1/alerts/digests", wish) : put<Digest>(at("digests", id), wish));
export const removeDigest = (id: string) => remove(at("digests", id));
export const fetchDigestPreview = (id: string, signal?: AbortSignal) => get<DigestPreview>(at("digests", id, "/preview"), {}, signal);
