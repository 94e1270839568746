import { expect, it } from "vitest";

import { commandsFor } from "./commands";

const commands = [{ label: "Go to Traces" }, { label: "Theme: dark" }];

it("offers everything before anything is typed", () => {
  expect(commandsFor("", commands)).toEqual({ traceId: null, text: null, matching: commands });
});

it("finds commands by words in any order, and always offers the search", () => {
  expect(commandsFor("traces go", commands)).toMatchObject({ text: "traces go", matching: [{ label: "Go to Traces" }] });
});

it("knows a trace id when it sees one", () => {
  expect(commandsFor("4BF92F3577B34DA6A3CE929D0E0E4736", commands).traceId).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
  expect(commandsFor("deadbeef", commands).traceId).toBeNull();
});
