/** The parts of a message's content, in every dialect. */
import { isObject, listOf, pretty, textOf, type Json, type JsonObject } from "./json";

export type Part =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "tool_call"; id: string; name: string; arguments: string }
  | { type: "tool_result"; id: string; name: string; result: string }
  | { type: "media"; text: string }
  | { type: "json"; json: string };

export function partsOf(content: Json | undefined): Part[] {
  if (content == null) return [];
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  const list = listOf(content);
  if (list !== undefined) return list.flatMap(partOf);
  return isObject(content) ? partOf(content) : [{ type: "text", text: String(content) }];
}

function partOf(value: Json): Part[] {
  if (typeof value === "string") return [{ type: "text", text: value }];
  if (!isObject(value)) return [{ type: "json", json: pretty(value) }];
  return [typedPart(value) ?? geminiPart(value) ?? { type: "json", json: pretty(value) }];
}

function typedPart(value: JsonObject): Part | null {
  switch (value.type) {
    case "text":
    case "input_text":
    case "output_text":
    case "summary_text":
      return { type: "text", text: textOf(value.text) ?? textOf(value.content) ?? "" };
    case "refusal":
      return { type: "text", text: textOf(value.refusal) ?? "" };
    case "thinking":
    case "reasoning":
      return { type: "reasoning", text: textOf(value.thinking) ?? textOf(value.content) ?? textOf(value.text) ?? "" };
    case "redacted_thinking":
      return { type: "reasoning", text: "(redacted by the provider)" };
    case "tool_use":
    case "tool_call":
    case "tool-call":
    case "server_tool_use":
      return { type: "tool_call", id: textOf(value.id) ?? textOf(value.toolCallId) ?? "", name: textOf(value.name) ?? textOf(value.toolName) ?? "tool", arguments: pretty(value.input ?? value.arguments ?? value.args) };
    case "tool_result":
    case "tool_call_response":
    case "tool-result":
      return { type: "tool_result", id: textOf(value.tool_use_id) ?? textOf(value.id) ?? textOf(value.toolCallId) ?? "", name: textOf(value.toolName) ?? "", result: resultOf(value) };
    case "image":
    case "image_url":
    case "input_image":
    case "input_audio":
    case "audio":
    case "file":
    case "input_file":
    case "document":
    case "blob":
    case "uri":
      return { type: "media", text: mediaOf(value) };
    default:
      return null;
  }
}

function geminiPart(value: JsonObject): Part | null {
  if (typeof value.text === "string") return { type: value.thought === true ? "reasoning" : "text", text: value.text };
  if (isObject(value.functionCall)) return { type: "tool_call", id: textOf(value.functionCall.id) ?? "", name: textOf(value.functionCall.name) ?? "tool", arguments: pretty(value.functionCall.args) };
  if (isObject(value.functionResponse)) return { type: "tool_result", id: "", name: textOf(value.functionResponse.name) ?? "", result: pretty(value.functionResponse.response) };
  if (isObject(value.inlineData)) return { type: "media", text: textOf(value.inlineData.mimeType) ?? "inline data" };
  return null;
}

/** Anthropic's results are themselves content parts; others are any JSON. */
function resultOf(value: JsonObject): string {
  const result = value.content ?? value.response ?? value.result ?? value.output;
  const parts = listOf(result) === undefined ? [] : partsOf(result);
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return parts.length > 0 && texts.length === parts.length ? texts.map(pretty).join("\n") : pretty(result);
}

/** Media are named, never loaded: nothing comes from outside. */
function mediaOf(value: JsonObject): string {
  const source = isObject(value.source) ? value.source : isObject(value.image_url) ? value.image_url : isObject(value.file) ? value.file : value;
  const named = textOf(source.media_type) ?? textOf(source.mime_type) ?? textOf(source.filename) ?? textOf(source.url) ?? textOf(source.uri) ?? textOf(value.image_url);
  const kind = String(value.type).replace(/^input_/, "").replace(/_url$/, "");
  if (named === undefined) return kind;
  return named.startsWith("data:") ? `${kind} · ${named.slice(5).split(/[;,]/)[0] ?? ""}` : `${kind} · ${named}`;
}
