/** The wire types of alerts by short names. Their source is generated.ts. */
import type { components } from "./generated";

type Schemas = components["schemas"];

export type AlertRule = Schemas["RuleShown"];
export type AlertRuleDetail = Schemas["RuleDetail"];
export type AlertRuleWish = Schemas["RuleInput"];
export type AlertCondition = Schemas["ConditionShape"];
export type RulePreview = Schemas["RulePreview"];
export type Matcher = Schemas["MatcherShape"];
export type Severity = AlertRuleWish["severity"];

export type Incident = Schemas["IncidentShown"];
export type IncidentDetail = Schemas["IncidentDetail"];
export type IncidentPage = Schemas["IncidentPage"];
export type TimelineEntry = Schemas["TimelineEntryShown"];

export type Silence = Schemas["SilenceShown"];
export type SilenceWish = Schemas["SilenceInput"];
export type Mute = Schemas["MuteShown"];
export type MuteWish = Schemas["MuteInput"];

export type Channel = Schemas["ChannelShown"];
export type ChannelWish = Schemas["ChannelInput"];
export type NewChannel = Schemas["NewChannel"];
export type Delivery = Schemas["DeliveryShown"];
export type DeliveryPage = Schemas["DeliveryPage"];
export type Templates = Schemas["TemplatesInput"];
export type TemplatesPreview = Schemas["TemplatesPreview"];

export type Digest = Schemas["DigestShown"];
export type DigestWish = Schemas["DigestInput"];
export type DigestPreview = Schemas["DigestPreview"];
