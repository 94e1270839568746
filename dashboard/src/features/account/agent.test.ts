import { expect, it } from "vitest";

import { agentInWords } from "./agent";

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome on Linux"],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604", "Safari on iOS"],
  ["lynex/0.1.0 laptop", "lynex/0.1.0 laptop"],
  ["", "Unknown program"],
])("%s is %s", (userAgent, words) => {
  expect(agentInWords(userAgent)).toBe(words);
});
