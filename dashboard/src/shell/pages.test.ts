import { describe, expect, it } from "vitest";

import type { Me } from "@/api/types";

import { everyPage, navigationOf } from "./pages";

function visitor(over: Partial<Me> = {}): Me {
  return {
    kind: "user", user: { id: "usr_1", email: "ada@example.org", name: "Ada" }, project_id: "shop", project_name: "Shop", organisation_id: "org_1",
    role: "viewer", api_key_id: null, api_key_name: null, scopes: null, permissions: ["spans:read", "project:read", "export:read"],
    organisations: [{ id: "org_1", name: "Acme", created_at: "2026-01-01T00:00:00Z", role: null, permissions: [] }], projects: [], ...over,
  };
}

const names = (me: Me) => everyPage(me).map((page) => page.label);

describe("pages that a visitor can go to", () => {
  it("leaves out what his role hides", () => {
    expect(names(visitor())).not.toContain("API keys");
    expect(names(visitor())).not.toContain("Audit log");
    expect(names(visitor())).toContain("Project members");
  });

  it("gives an owner all of it, each by a name of its own", () => {
    const owner = visitor({
      permissions: ["spans:read", "keys:read", "export:read"],
      organisations: [{
        id: "org_1", name: "Acme", created_at: "2026-01-01T00:00:00Z", role: "owner",
        permissions: ["audit:read", "members:read", "organisation:read", "organisation:write"],
      }],
    });

    expect(names(owner)).toEqual(expect.arrayContaining(["API keys", "Organisation members", "Single sign-on", "Audit log", "My account"]));
    expect(new Set(names(owner)).size).toBe(names(owner).length);
  });

  it("shows a key no people", () => {
    const key = visitor({ kind: "api_key", user: null, role: null });

    expect(names(key)).not.toContain("Project members");
    expect(names(key)).not.toContain("My account");
  });

  it("has nothing to observe without a project", () => {
    expect(navigationOf(visitor({ project_id: null, organisation_id: null })).map((group) => group.label)).toEqual(["Settings"]);
  });
});
