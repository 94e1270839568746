/** Conversations out of what clients record: OpenAI (chat and responses), Anthropic, Gemini, OTel GenAI and
 *  OpenInference messages become one shape. What none of them explains stays what it was: text or JSON. */
import { isObject, listOf, parseJson, pretty, textOf, type Json, type JsonObject } from "./json";
import { partsOf, type Part } from "./parts";

export interface Message {
  role: string;
  parts: Part[];
}

/** The messages in a span's input or output; null when it is not a conversation. */
export function messagesOf(text: string, defaultRole: "user" | "assistant"): Message[] | null {
  const parsed = parseJson(text);
  if (parsed === undefined) return null;
  const messages = messagesIn(parsed, defaultRole);
  return messages.length > 0 ? messages : null;
}

function messagesIn(value: Json, role: string): Message[] {
  const list = listOf(value);
  if (list !== undefined) return list.every(looksLikeMessage) ? list.flatMap((item) => messageOf(item, role)) : [];
  return isObject(value) ? messagesInObject(value, role) : [];
}

/** Lists of messages by the names under which requests and answers hold them. */
const LISTS = ["messages", "contents", "input", "output"] as const;

function messagesInObject(value: JsonObject, role: string): Message[] {
  const before = [value.system, value.instructions, value.system_instruction, value.systemInstruction].flatMap(systemMessage);
  for (const name of LISTS) {
    const list = listOf(value[name]);
    if (list !== undefined && list.length > 0 && list.every(looksLikeMessage)) return [...before, ...list.flatMap((item) => messageOf(item, role))];
  }
  const choices = listOf(value.choices) ?? listOf(value.candidates);
  if (choices !== undefined) return choices.flatMap((choice) => (isObject(choice) ? answerOf(choice) : []));
  return looksLikeMessage(value) ? [...before, ...messageOf(value, role)] : [];
}

function answerOf(choice: JsonObject): Message[] {
  const message = choice.message ?? choice.delta ?? choice.content;
  if (isObject(message)) return messageOf(message, "assistant");
  const text = textOf(choice.text);
  return text === undefined ? [] : [{ role: "assistant", parts: [{ type: "text", text }] }];
}

function systemMessage(value: Json | undefined): Message[] {
  if (value == null || value === "") return [];
  const parts = isObject(value) ? partsOf(value.parts ?? value.content ?? value.text) : partsOf(value);
  return parts.length > 0 ? [{ role: "system", parts }] : [];
}

/** Items of the Responses API that are not messages but belong to the conversation. */
const LONE_ITEMS = new Set(["function_call", "function_call_output", "reasoning", "message", "custom_tool_call", "custom_tool_call_output"]);

function looksLikeMessage(value: Json): boolean {
  if (!isObject(value)) return false;
  if (typeof value.type === "string" && LONE_ITEMS.has(value.type)) return true;
  if (isObject(value.message)) return looksLikeMessage(value.message);
  const hasRole = typeof value.role === "string" || typeof value["message.role"] === "string";
  return hasRole || (Array.isArray(value.parts) && value.parts.every(isObject));
}

function messageOf(value: Json, defaultRole: string): Message[] {
  if (!isObject(value)) return [];
  if (isObject(value.message)) return messageOf(value.message, defaultRole);
  if (typeof value["message.role"] === "string") return messageOf(unprefixed(value), defaultRole);
  if (textOf(value.type) !== "message" && LONE_ITEMS.has(textOf(value.type) ?? "")) return loneItem(value);

  const role = roleOf(textOf(value.role) ?? defaultRole);
  const parts = [...reasoningOf(value), ...contentOf(value, role), ...toolCallsOf(value.tool_calls)];
  return parts.length > 0 ? [{ role, parts }] : [{ role, parts: [{ type: "text", text: "" }] }];
}

function roleOf(role: string): string {
  if (role === "model") return "assistant";
  return role === "developer" ? "system" : role;
}

function reasoningOf(value: JsonObject): Part[] {
  const text = textOf(value.reasoning_content) ?? textOf(value.reasoning);
  return text ? [{ type: "reasoning", text }] : [];
}

function contentOf(value: JsonObject, role: string): Part[] {
  const content = value.content ?? value.parts;
  if (role !== "tool" && role !== "function") return partsOf(content);
  const parts = partsOf(content);
  // OTel tool messages already hold their results as parts; OpenAI's are the result themselves.
  if (parts.some((part) => part.type === "tool_result")) return parts;
  return [{ type: "tool_result", id: textOf(value.tool_call_id) ?? "", name: textOf(value.name) ?? "", result: typeof content === "string" ? pretty(content) : plain(parts, content) }];
}

function plain(parts: readonly Part[], content: Json | undefined): string {
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.length === parts.length && texts.length > 0 ? texts.join("\n") : pretty(content);
}

function toolCallsOf(value: Json | undefined): Part[] {
  return (listOf(value) ?? []).filter(isObject).map((call) => {
    const called = isObject(call.function) ? call.function : isObject(call.tool_call) ? call.tool_call : call;
    return { type: "tool_call", id: textOf(call.id) ?? "", name: textOf(called.name) ?? "tool", arguments: pretty(called.arguments ?? called.args ?? called.input) };
  });
}

function loneItem(value: JsonObject): Message[] {
  const id = textOf(value.call_id) ?? textOf(value.id) ?? "";
  switch (value.type) {
    case "reasoning": {
      const text = partsOf(value.summary).flatMap((part) => ("text" in part ? [part.text] : [])).join("\n");
      return text ? [{ role: "assistant", parts: [{ type: "reasoning", text }] }] : [];
    }
    case "function_call":
    case "custom_tool_call":
      return [{ role: "assistant", parts: [{ type: "tool_call", id, name: textOf(value.name) ?? "tool", arguments: pretty(value.arguments ?? value.input) }] }];
    default:
      return [{ role: "tool", parts: [{ type: "tool_result", id, name: "", result: pretty(value.output) }] }];
  }
}

/** OpenInference: {"message.role": …, "message.content": …} → {role, content}. */
function unprefixed(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name.replace(/^message\./, ""), item]));
}
