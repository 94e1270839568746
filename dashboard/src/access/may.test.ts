import { describe, expect, it } from "vitest";

import type { Me, Permission, Role } from "@/api/types";

import { organisationRole, refusalInOrganisation, refusalInProject } from "./may";

function somebody(over: Partial<Me> = {}): Me {
  return {
    kind: "user", user: { id: "usr_1", email: "ada@example.org", name: "Ada" }, project_id: "shop", project_name: "Shop",
    organisation_id: "org_1", role: "viewer", api_key_id: null, api_key_name: null, scopes: null, permissions: ["spans:read"],
    organisations: [], projects: [], ...over,
  };
}

const withRole = (role: Role | null, ...permissions: Permission[]) =>
  somebody({ organisations: [{ id: "org_1", name: "Acme", created_at: "2026-01-01T00:00:00Z", role, permissions }] });

describe("what somebody may do", () => {
  it("is what the server says of the project", () => {
    expect(refusalInProject(somebody(), "spans:read")).toBeNull();
    expect(refusalInProject(somebody(), "keys:write")).toBe("You are a viewer in this project. Admins and above can do this.");
  });

  it("is what the server says of the organisation as a whole", () => {
    const admin = withRole("admin", "audit:read");

    expect(refusalInOrganisation(admin, "org_1", "audit:read")).toBeNull();
    expect(refusalInOrganisation(admin, "org_2", "audit:read")).toBe("You have no role in this organisation.");
    expect(refusalInOrganisation(admin, "org_1", "organisation:write")).toBe("You are an admin in this organisation. Owners can do this.");
    expect(organisationRole(withRole(null), "org_1")).toBeNull();
    expect(refusalInOrganisation(withRole(null), "org_1", "members:read")).toBe("You have no role in this organisation.");
  });

  it("tells a key to send a person", () => {
    expect(refusalInProject(somebody({ kind: "api_key", user: null, role: null }), "members:read")).toMatch(/Sign in as a person/);
  });
});
