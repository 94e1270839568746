import { describe, expect, it } from "vitest";

import { messagesOf, type Message } from "./messages";

const read = (value: unknown, role: "user" | "assistant" = "user"): Message[] | null => messagesOf(JSON.stringify(value), role);

describe("OpenAI chat", () => {
  it("reads a request with tools", () => {
    expect(
      read({
        model: "gpt-4.1",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: [{ type: "text", text: "Hi" }, { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] },
          { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "find", arguments: '{"a":1}' } }] },
          { role: "tool", tool_call_id: "c1", content: '{"found":true}' },
        ],
      }),
    ).toEqual([
      { role: "system", parts: [{ type: "text", text: "Be brief." }] },
      { role: "user", parts: [{ type: "text", text: "Hi" }, { type: "media", text: "image · image/png" }] },
      { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "find", arguments: '{\n  "a": 1\n}' }] },
      { role: "tool", parts: [{ type: "tool_result", id: "c1", name: "", result: '{\n  "found": true\n}' }] },
    ]);
  });

  it("reads an answer", () => {
    expect(read({ choices: [{ index: 0, message: { role: "assistant", content: "Hello" } }] }, "assistant")).toEqual([
      { role: "assistant", parts: [{ type: "text", text: "Hello" }] },
    ]);
  });
});

it("reads OpenAI responses", () => {
  const output = {
    output: [
      { type: "reasoning", summary: [{ type: "summary_text", text: "Think." }] },
      { type: "function_call", call_id: "c1", name: "find", arguments: "{}" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Done" }] },
    ],
  };

  expect(read(output, "assistant")?.map((message) => message.parts[0])).toEqual([
    { type: "reasoning", text: "Think." },
    { type: "tool_call", id: "c1", name: "find", arguments: "{}" },
    { type: "text", text: "Done" },
  ]);
});

describe("Anthropic", () => {
  it("reads system, tool use and tool results", () => {
    const messages = read({
      system: [{ type: "text", text: "You help." }],
      messages: [
        { role: "user", content: "Weather?" },
        { role: "assistant", content: [{ type: "thinking", thinking: "Ask the tool." }, { type: "tool_use", id: "t1", name: "weather", input: { city: "Bern" } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "12 °C" }] }] },
      ],
    });

    expect(messages?.map((message) => message.role)).toEqual(["system", "user", "assistant", "user"]);
    expect(messages?.[2]?.parts.map((part) => part.type)).toEqual(["reasoning", "tool_call"]);
    expect(messages?.[3]?.parts).toEqual([{ type: "tool_result", id: "t1", name: "", result: "12 °C" }]);
  });

  it("reads an answer that is a message itself", () => {
    expect(read({ id: "msg_1", type: "message", role: "assistant", content: [{ type: "text", text: "Hi" }] }, "assistant")).toEqual([
      { role: "assistant", parts: [{ type: "text", text: "Hi" }] },
    ]);
  });
});

it("reads OTel GenAI messages", () => {
  const messages = read([
    { role: "user", parts: [{ type: "text", content: "Refund?" }] },
    { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "refund", arguments: { order: 1 } }], finish_reason: "tool_call" },
    { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: { ok: true } }] },
  ]);

  expect(messages?.map((message) => message.parts[0]?.type)).toEqual(["text", "tool_call", "tool_result"]);
});

it("reads Gemini contents, whose model is the assistant", () => {
  expect(read({ contents: [{ role: "user", parts: [{ text: "Hi" }] }, { role: "model", parts: [{ functionCall: { name: "f", args: {} } }] }] })).toMatchObject([
    { role: "user", parts: [{ type: "text", text: "Hi" }] },
    { role: "assistant", parts: [{ type: "tool_call", name: "f" }] },
  ]);
});

it("reads OpenInference messages", () => {
  expect(read([{ "message.role": "user", "message.content": "Hi" }])).toEqual([{ role: "user", parts: [{ type: "text", text: "Hi" }] }]);
  expect(read([{ message: { role: "user", content: "Hi" } }])).toEqual([{ role: "user", parts: [{ type: "text", text: "Hi" }] }]);
});

it("leaves alone what is not a conversation", () => {
  expect(messagesOf("plain text", "user")).toBeNull();
  expect(messagesOf("{broken", "user")).toBeNull();
  expect(read({ order_id: 1 })).toBeNull();
  expect(read([1, 2, 3])).toBeNull();
  expect(read([])).toBeNull();
});

it("keeps parts nobody knows, as JSON", () => {
  expect(read([{ role: "user", content: [{ type: "hologram", data: 1 }] }])?.[0]?.parts[0]).toEqual({ type: "json", json: '{\n  "type": "hologram",\n  "data": 1\n}' });
});
