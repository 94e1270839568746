/** A channel as it is typed. Secrets are never shown: an empty one stays as it is. Pure. */
import type { Channel, ChannelWish } from "@/api/alert-types";

import { matchersOf, matchersText } from "./words";

type ChannelKind = Channel["kind"];

interface KindMeaning {
  value: ChannelKind;
  label: string;
  /** What its secret is called; null where it has none. */
  secret: string | null;
  address: string | null;
}

export const CHANNEL_KINDS: readonly KindMeaning[] = [
  { value: "slack_webhook", label: "Slack webhook", secret: "Webhook address", address: null },
  { value: "slack_bot", label: "Slack bot", secret: "Bot token", address: "https://slack.com/api" },
  { value: "email", label: "E-mail", secret: null, address: null },
  { value: "webhook", label: "Webhook", secret: "Address", address: null },
  { value: "pagerduty", label: "PagerDuty", secret: "Routing key", address: "https://events.pagerduty.com" },
  { value: "opsgenie", label: "Opsgenie", secret: "API key", address: "https://api.opsgenie.com" },
  { value: "teams", label: "Microsoft Teams", secret: "Workflow address", address: null },
  { value: "discord", label: "Discord", secret: "Webhook address", address: null },
  { value: "alertmanager", label: "Alertmanager", secret: "Bearer token (optional)", address: "" },
];

export interface ChannelDraft {
  name: string;
  kind: ChannelKind;
  enabled: boolean;
  /** Mail addresses, one a line. */
  to: string;
  secret: string;
  slackChannel: string;
  apiUrl: string;
  newSigningSecret: boolean;
  isForAll: boolean;
  match: string;
  minSeverity: ChannelWish["min_severity"];
  title: string;
  text: string;
}

export function draftOf(channel: Channel | null): ChannelDraft {
  const setting = (name: string) => [channel?.settings[name] ?? []].flat().join("\n");
  const kind = channel?.kind ?? "slack_webhook";
  return {
    name: channel?.name ?? "", kind, enabled: channel?.enabled ?? true, to: setting("to"), secret: "", slackChannel: setting("slack_channel"), apiUrl: setting("api_url") || addressOf(kind),
    newSigningSecret: false, isForAll: channel === null || channel.match !== null, match: matchersText(channel?.match ?? []), minSeverity: channel?.min_severity ?? "info",
    title: channel?.templates.title ?? "", text: channel?.templates.text ?? "",
  };
}

export const addressOf = (kind: ChannelKind): string => CHANNEL_KINDS.find((each) => each.value === kind)?.address ?? "";

/** As the API takes it; null while it is not whole. A new channel needs its secret. */
export function wishOf(draft: ChannelDraft, isNew: boolean): ChannelWish | null {
  const match = draft.isForAll ? matchersOf(draft.match) : null;
  const target = targetOf(draft, isNew);
  if (draft.name.trim() === "" || target === null || (draft.isForAll && match === null)) return null;
  return { name: draft.name.trim(), enabled: draft.enabled, target, match, min_severity: draft.minSeverity, templates: { title: draft.title, text: draft.text } };
}

function targetOf(draft: ChannelDraft, isNew: boolean): ChannelWish["target"] | null {
  const given = draft.secret.trim();
  const secret = given === "" ? null : given;
  const { kind } = draft;
  if (kind === "email") {
    const to = draft.to.split(/[\s,;]+/).filter((each) => each !== "");
    return to.length > 0 && to.every((each) => each.includes("@")) ? { kind, to } : null;
  }
  if (kind === "alertmanager") return draft.apiUrl.trim() === "" ? null : { kind, api_url: draft.apiUrl.trim(), token: secret };
  if (secret === null && isNew) return null;
  if (kind === "slack_bot") return draft.slackChannel.trim() === "" ? null : { kind, token: secret, slack_channel: draft.slackChannel.trim(), api_url: draft.apiUrl.trim() };
  if (kind === "pagerduty") return { kind, routing_key: secret, api_url: draft.apiUrl.trim() };
  if (kind === "opsgenie") return { kind, api_key: secret, api_url: draft.apiUrl.trim() };
  return { kind, url: secret, new_signing_secret: kind === "webhook" && draft.newSigningSecret };
}
