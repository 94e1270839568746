import { describe, expect, it } from "vitest";

import type { Channel } from "@/api/alert-types";

import { draftOf, wishOf } from "./channel-draft";

const NEW = { ...draftOf(null), name: "On call" };

describe("a channel as typed", () => {
  it("needs its secret when it is new, and keeps it when it is not typed again", () => {
    expect(wishOf(NEW, true)).toBeNull();
    expect(wishOf({ ...NEW, secret: " https://hooks.slack.com/x " }, true)?.target).toEqual({ kind: "slack_webhook", url: "https://hooks.slack.com/x", new_signing_secret: false });
    expect(wishOf(NEW, false)?.target).toMatchObject({ url: null });
  });

  it("takes mail addresses in any list", () => {
    expect(wishOf({ ...NEW, kind: "email", to: "a@b.org, c@d.org\ne@f.org" }, true)?.target).toEqual({ kind: "email", to: ["a@b.org", "c@d.org", "e@f.org"] });
    expect(wishOf({ ...NEW, kind: "email", to: "nobody" }, true)).toBeNull();
  });

  it("tells all, some, or only what names it", () => {
    const mail = { ...NEW, kind: "email" as const, to: "a@b.org" };

    expect(wishOf(mail, true)?.match).toEqual([]);
    expect(wishOf({ ...mail, match: "severity = critical" }, true)?.match).toHaveLength(1);
    expect(wishOf({ ...mail, isForAll: false }, true)?.match).toBeNull();
    expect(wishOf({ ...mail, match: "critical" }, true)).toBeNull();
  });

  it("comes back as it was, without its secret", () => {
    const channel = { name: "Pager", kind: "pagerduty", enabled: true, settings: { api_url: "https://events.eu.pagerduty.com" }, match: null, min_severity: "critical", templates: { title: "", text: "" } } as unknown as Channel;

    expect(wishOf(draftOf(channel), false)).toMatchObject({ target: { kind: "pagerduty", routing_key: null, api_url: "https://events.eu.pagerduty.com" }, match: null });
  });
});
