import { expect, it } from "vitest";

import { draftOf, wishOf } from "./provider-wish";

it("keeps a secret that is not typed anew, and takes the address of the discovery document for the issuer", () => {
  const wish = wishOf({ ...draftOf(null), issuer: "https://login.acme.com/.well-known/openid-configuration ".trim(), domains: "acme.com, acme.org\nacme.net" });

  expect(wish.client_secret).toBeNull();
  expect(wish.issuer).toBe("https://login.acme.com");
  expect(wish.email_domains).toEqual(["acme.com", "acme.org", "acme.net"]);
});

it("leaves out rows of the mapping without a value, and nobody's role is null", () => {
  const wish = wishOf({ ...draftOf(null), mapping: [{ value: "platform", role: "admin" }, { value: " ", role: "owner" }], default_role: "" });

  expect(wish.role_mapping).toEqual({ platform: "admin" });
  expect(wish.default_role).toBeNull();
});
