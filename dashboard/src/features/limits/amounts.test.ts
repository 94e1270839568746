import { expect, it } from "vitest";

import { formatLimit, loweredOf, typedOf } from "./amounts";

it("takes an empty field for the plan's limit, and 0 for a mistake", () => {
  expect(loweredOf({ requests_per_s: "0.5", burst: "1,000", bytes_per_s: "", max_body_bytes: "" })).toEqual({ requests_per_s: 0.5, burst: 1000, bytes_per_s: null, max_body_bytes: null });
  expect(loweredOf({ requests_per_s: "0", burst: "", bytes_per_s: "", max_body_bytes: "" })).toBeNull();
  expect(loweredOf({ requests_per_s: "", burst: "1.5", bytes_per_s: "", max_body_bytes: "" })).toBeNull();
  expect(loweredOf({ requests_per_s: "many", burst: "", bytes_per_s: "", max_body_bytes: "" })).toBeNull();
});

it("shows what is set, and says units", () => {
  expect(typedOf({ burst: 200 })).toEqual({ requests_per_s: "", burst: "200", bytes_per_s: "", max_body_bytes: "" });
  expect(formatLimit("requests_per_s", 5000)).toBe("5,000/s");
});
