/** The wire types by short names. Their source is the OpenAPI document: see generated.ts. */
import type { components } from "./generated";

type Schemas = components["schemas"];

export type Usage = Schemas["Usage"];
export type SpanSummary = Schemas["SpanSummary"];
export type SpanDetail = Schemas["SpanDetail"];
export type SpanPage = Schemas["SpanPage"];
export type TraceSummary = Schemas["TraceSummary"];
export type TracePage = Schemas["TracePage"];
export type TraceNode = Schemas["TraceNode"];
export type TraceDetail = Schemas["TraceDetail"];
export type SessionSummary = Schemas["SessionSummary"];
export type SessionPage = Schemas["SessionPage"];
export type MetricValues = Schemas["MetricValues"];
export type Summary = Schemas["Summary"];
export type SeriesPoint = Schemas["SeriesPoint"];
export type Series = Schemas["Series"];
export type TimeSeries = Schemas["TimeSeries"];
export type BreakdownRow = Schemas["BreakdownRow"];
export type Breakdown = Schemas["Breakdown"];
export type Facets = Schemas["Facets"];

export type Me = Schemas["Me"];
export type Status = Schemas["Status"];
export type DeadLetter = Schemas["DeadLetterSummary"];
export type DeadLetterDetail = Schemas["DeadLetterDetail"];
export type DeadLetterPage = Schemas["DeadLetterPage"];

export type Role = NonNullable<Me["role"]>;
export type Scope = NonNullable<Me["scopes"]>[number];
export type Permission = Me["permissions"][number];
export type User = Schemas["User"];
export type Organisation = Schemas["OrganisationShown"];
export type Project = Schemas["ProjectShown"];
export type Environment = Schemas["EnvironmentShown"];
export type Member = Schemas["MemberShown"];
export type MemberPage = Schemas["MemberPage"];
export type Invitation = Schemas["InvitationShown"];
export type NewInvitation = Schemas["NewInvitationShown"];
export type Accepted = Schemas["Accepted"];
export type ApiKey = Schemas["KeyShown"];
export type NewApiKey = Schemas["NewKeyShown"];
export type KeyWish = Schemas["NewKeyWish"];

export type SignInOptions = Schemas["SignInOptions"];
export type LinkSent = Schemas["LinkSent"];
export type SignedIn = Schemas["SignedIn"];
export type CliShown = Schemas["CliShown"];
export type Session = Schemas["SessionShown"];
export type SsoProvider = Schemas["ProviderShown"];
export type SsoProviderWish = Schemas["ProviderGiven"];

export type Limits = Schemas["LimitsShown"];
export type LoweredLimits = Schemas["LoweredLimits"];
export type CallerLimits = Schemas["CallerLimits"];
export type ProjectLimits = Schemas["ProjectLimitsShown"];
export type KeyLimits = Schemas["KeyLimitsShown"];
export type RedactionSettings = Schemas["RedactionSettings"];
export type RedactionState = Schemas["RedactionState"];
export type OwnPattern = Schemas["OwnPattern"];
export type Sample = Schemas["Sample"];
export type Tried = Schemas["Tried"];
export type Erasure = Schemas["ErasureState"];
export type ErasurePage = Schemas["ErasurePage"];
export type AuditEntry = Schemas["AuditEntryShown"];
export type AuditPage = Schemas["AuditPageShown"];

/** RFC 9457, with the server's stable `code`. */
export type Problem = Schemas["Problem"];
