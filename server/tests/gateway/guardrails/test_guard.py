"""Each guard lets pass what it should and stops what it should, on the way out and on the way back."""

import json

import pytest
from clocks import FixedClock

from lynex_server.gateway.guardrails.guard import Guard, GuardedCall, Guards
from lynex_server.gateway.guardrails.repair import repair_request
from lynex_server.gateway.guardrails.tools import called_tools, offered_tools
from lynex_server.gateway.guardrails.verdicts import Blocked, SchemaNotKept, Verdict
from lynex_server.gateway.guardrails.webhook import WebhookGuards
from lynex_server.gateway.guardrails.writing import written_texts
from lynex_server.gateway.model import Guardrails
from lynex_server.safety.public import OutgoingClient, SafetySettings

CHAT = GuardedCall("prj", "fast", "gpt-4o", "openai", "chat")
WEBHOOKS = WebhookGuards(OutgoingClient(SafetySettings()), FixedClock())
SCHEMA = json.dumps(
    {"type": "object", "required": ["city"], "properties": {"city": {"type": "string", "pattern": "^[A-Z]"}}}
)


def a_guard(**given: object) -> Guard:
    return Guard(Guardrails(**given), WEBHOOKS)


def asked(content: str = "Hello", **fields: object) -> dict:
    return {"messages": [{"role": "user", "content": content}], **fields}


def answered(content: str | None = "Hello", *calls: str) -> dict:
    message: dict = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = [
            {"id": name, "function": {"name": name, "arguments": "{}"}} for name in calls
        ]
    return {"choices": [{"message": message, "finish_reason": "stop"}]}


def a_tool(name: str) -> dict:
    return {"type": "function", "function": {"name": name, "parameters": {}}}


async def blocked_before(guard: Guard, document: dict, call: GuardedCall = CHAT) -> Blocked:
    with pytest.raises(Blocked) as raised:
        await guard.before(document, call)
    return raised.value


async def blocked_after(guard: Guard, answer: dict, call: GuardedCall = CHAT) -> Blocked:
    with pytest.raises(Blocked) as raised:
        await guard.after(answer, call)
    return raised.value


async def test_without_guardrails_everything_passes_as_it_is():
    guard, document, answer = a_guard(), asked("ann@example.com"), answered("ann@example.com")

    before, after = await guard.before(document, CHAT), await guard.after(answer, CHAT)

    assert before.document is document
    assert after.document is answer
    assert (before.verdicts, after.verdicts) == ((), ())


async def test_blocks_patterns_in_the_input_without_saying_which():
    guard = a_guard(blocked_input=("(?i)project x", "secret-[0-9]+"))

    assert (await guard.before(asked("project y"), CHAT)).verdicts == (
        Verdict("blocked_input", "before", "passed"),
    )
    blocked = await blocked_before(guard, asked("about Project X"))
    assert blocked.rule == "blocked_input"
    assert "project" not in str(blocked).lower()
    assert blocked.verdicts == (Verdict("blocked_input", "before", "blocked", "pattern 1"),)
    in_system = {"messages": [{"role": "system", "content": "secret-42"}]}
    assert (await blocked_before(guard, in_system)).rule == "blocked_input"


async def test_blocks_patterns_in_the_output():
    guard = a_guard(blocked_output=("(?i)as an ai",))

    assert (await guard.after(answered("Sure."), CHAT)).verdicts[0].outcome == "passed"
    assert (await blocked_after(guard, answered("As an AI, I cannot."))).rule == "blocked_output"


async def test_counts_the_characters_of_all_texts():
    guard = a_guard(max_input_chars=10, max_output_chars=5)
    two = {"messages": [{"role": "user", "content": "12345"}, {"role": "user", "content": "12345"}]}

    assert (await guard.before(two, CHAT)).verdicts[0].outcome == "passed"
    assert (await blocked_before(guard, asked("12345678901"))).rule == "max_input_chars"
    assert (await guard.after(answered("12345"), CHAT)).verdicts[0].outcome == "passed"
    assert (await blocked_after(guard, answered("123456"))).rule == "max_output_chars"


async def test_allows_the_tools_that_it_names():
    guard = a_guard(allowed_tools=("find",))

    assert (await guard.before(asked(tools=[a_tool("find")]), CHAT)).verdicts[0].outcome == "passed"
    blocked = await blocked_before(guard, asked(tools=[a_tool("find"), a_tool("delete")]))
    assert "'delete'" in str(blocked)
    assert (await guard.after(answered(None, "find"), CHAT)).verdicts[0].outcome == "passed"
    assert (await blocked_after(guard, answered(None, "find", "delete"))).rule == "allowed_tools"


async def test_tools_are_allowed_by_patterns():
    guard = a_guard(allowed_tools=("read_*", "list_?", "[x]"))

    for name in ("read_file", "list_a", "[x]"):
        assert (await guard.before(asked(tools=[a_tool(name)]), CHAT)).verdicts[0].outcome == "passed"
    for name in ("write_file", "list_ab", "x"):
        assert (await blocked_before(guard, asked(tools=[a_tool(name)]))).rule == "allowed_tools"


async def test_an_empty_list_of_tools_allows_none():
    assert (
        await blocked_before(a_guard(allowed_tools=()), asked(tools=[a_tool("find")]))
    ).rule == "allowed_tools"


@pytest.mark.parametrize(
    ("dialect", "document", "names"),
    [
        ("openai", {"tools": [a_tool("find")], "functions": [{"name": "old"}]}, ["find", "old"]),
        ("openai", {"tools": [{"name": "find", **a_tool("delete")}]}, ["find", "delete"]),
        (
            "openai",
            {
                "tools": [
                    {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "delete"}]}
                ]
            },
            ["crm", "delete"],
        ),
        (
            "bedrock",
            {"toolConfig": {"tools": [{"toolSpec": {"name": "find"}}]}, "tools": [{"name": "delete"}]},
            ["find", "delete"],
        ),
        (
            "openai",
            {"tools": [{"type": "function", "name": "find"}, {"type": "web_search"}]},
            ["find", "web_search"],
        ),
        (
            "anthropic",
            {"tools": [{"name": "find"}, {"type": "bash_20250124", "name": "bash"}]},
            ["find", "bash"],
        ),
        (
            "gemini",
            {"tools": [{"functionDeclarations": [{"name": "find"}]}, {"googleSearch": {}}]},
            ["find", "googleSearch"],
        ),
        ("bedrock", {"toolConfig": {"tools": [{"toolSpec": {"name": "find"}}]}}, ["find"]),
        ("ollama", {"tools": [a_tool("find")]}, ["find"]),
        ("openai", {"tools": "nonsense"}, []),
    ],
)
def test_knows_the_tools_that_are_offered(dialect, document, names):
    assert offered_tools(document, dialect) == names


@pytest.mark.parametrize(
    ("operation", "answer", "names"),
    [
        ("chat", answered(None, "find"), ["find"]),
        (
            "responses",
            {"output": [{"type": "function_call", "name": "find"}, {"type": "web_search_call"}]},
            ["find", "web_search"],
        ),
        (
            "messages",
            {"content": [{"type": "text"}, {"type": "tool_use", "name": "find"}]},
            ["find"],
        ),
        (
            "generate",
            {"candidates": [{"content": {"parts": [{"functionCall": {"name": "find"}}]}}]},
            ["find"],
        ),
        (
            "converse",
            {"output": {"message": {"content": [{"toolUse": {"name": "find"}}]}}},
            ["find"],
        ),
        ("ollama_chat", {"message": {"tool_calls": [{"function": {"name": "find"}}]}}, ["find"]),
    ],
)
def test_knows_the_tools_that_are_called(operation, answer, names):
    assert called_tools(answer, operation) == names


async def test_redacts_on_the_way_out_and_restores_on_the_way_back():
    guard = a_guard(redact=True)

    before = await guard.before(asked("I am ann@example.com"), CHAT)
    after = await guard.after(answered("Dear <EMAIL_1>"), CHAT, before.restorer)

    assert before.document == asked("I am <EMAIL_1>")
    assert before.verdicts == (Verdict("redact", "before", "changed", "1 values"),)
    assert after.document == answered("Dear ann@example.com")
    assert after.verdicts == (Verdict("redact", "after", "changed", "restored"),)


async def test_nothing_to_redact_is_said_so():
    before = await a_guard(redact=True).before(asked("Hello"), CHAT)

    assert (before.restorer, before.verdicts) == (None, (Verdict("redact", "before", "passed"),))


@pytest.mark.parametrize(
    "text", ['{"city": "Bonn"}', ' {"city": "Bonn"}\n', 'Here:\n```json\n{"city": "Bonn"}\n```\nDone.']
)
async def test_an_answer_that_keeps_the_schema_passes(text):
    checked = await a_guard(output_schema=SCHEMA).after(answered(text), CHAT)

    assert checked.verdicts == (Verdict("output_schema", "after", "passed"),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"city": "bonn"}', "at /city: "),
        ("{}", "required"),
        ("Bonn", "not JSON"),
        ('{"city": NaN}', "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("```json\n{\n```", "not JSON"),
    ],
)
async def test_an_answer_that_does_not_keep_the_schema_is_stopped_with_where(text, problem):
    with pytest.raises(SchemaNotKept) as raised:
        await a_guard(output_schema=SCHEMA).after(answered(text), CHAT)

    assert problem in raised.value.problems[0]
    assert raised.value.text == text
    assert raised.value.rule == "output_schema"


async def test_every_choice_has_to_keep_the_schema():
    answer = answered('{"city": "Bonn"}')
    answer["choices"].append({"message": {"content": "Bonn"}})

    with pytest.raises(SchemaNotKept):
        await a_guard(output_schema=SCHEMA).after(answer, CHAT)


async def test_a_step_that_only_calls_tools_has_no_schema_to_keep():
    checked = await a_guard(output_schema=SCHEMA).after(answered(None, "find"), CHAT)

    assert checked.verdicts == ()


async def test_a_mended_answer_says_so():
    checked = await a_guard(output_schema=SCHEMA).after(answered('{"city": "Bonn"}'), CHAT, mended=True)

    assert checked.verdicts == (Verdict("output_schema", "after", "changed", "mended"),)


@pytest.mark.parametrize(
    ("dialect", "operation", "document", "last"),
    [
        ("openai", "chat", asked(stream=True, stream_options={}), ["messages", -1, "content"]),
        ("openai", "responses", {"input": "Where?"}, ["input", -1, "content"]),
        ("openai", "responses", {"input": [{"role": "user", "content": "Where?"}]}, ["input", -1, "content"]),
        ("anthropic", "messages", asked(max_tokens=5), ["messages", -1, "content"]),
        (
            "gemini",
            "generate",
            {"contents": [{"parts": [{"text": "Where?"}]}]},
            ["contents", -1, "parts", 0, "text"],
        ),
        ("bedrock", "converse", {"messages": []}, ["messages", -1, "content", 0, "text"]),
        ("ollama", "ollama_chat", asked(), ["messages", -1, "content"]),
    ],
)
def test_a_model_is_asked_once_to_mend_its_answer(dialect, operation, document, last):
    wish = repair_request(document, dialect, operation, "Bonn", ["at /: no"], SCHEMA)

    assert wish is not None
    assert wish.get("stream") in (None, False)
    assert "stream_options" not in wish
    key = last[0]
    assert len(wish[key]) >= 2
    text = wish
    for step in last:
        text = text[step]
    assert "- at /: no" in text
    assert SCHEMA in text
    assert "Bonn" in json.dumps(wish[key][-2])


def test_a_plain_completion_has_no_turns_to_add():
    assert repair_request({"prompt": "x"}, "openai", "completion", "y", [], SCHEMA) is None


@pytest.mark.parametrize(
    ("operation", "answer", "texts"),
    [
        ("chat", answered("a"), ["a"]),
        ("completion", {"choices": [{"text": "a"}, {"text": "b"}]}, ["a", "b"]),
        (
            "responses",
            {
                "output": [
                    {"type": "reasoning", "content": [{"text": "x"}]},
                    {"type": "message", "content": [{"text": "a"}, {"text": "b"}]},
                ]
            },
            ["ab"],
        ),
        (
            "messages",
            {"content": [{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "a"}]},
            ["a"],
        ),
        (
            "generate",
            {"candidates": [{"content": {"parts": [{"text": "x", "thought": True}, {"text": "a"}]}}]},
            ["a"],
        ),
        ("converse", {"output": {"message": {"content": [{"text": "a"}]}}}, ["a"]),
        ("ollama_chat", {"message": {"content": "a", "thinking": "x"}}, ["a"]),
        ("ollama_generate", {"response": "a"}, ["a"]),
        ("embeddings", {"data": []}, []),
    ],
)
def test_what_the_model_wrote_is_its_text_alone(operation, answer, texts):
    assert written_texts(answer, operation) == texts


def test_guards_are_compiled_once_for_each_value():
    guards = Guards(WEBHOOKS)

    assert guards.of(Guardrails(blocked_input=("a",))) is guards.of(Guardrails(blocked_input=("a",)))
    assert guards.of(Guardrails()) is not guards.of(Guardrails(redact=True))


@pytest.mark.parametrize("given", [{"blocked_input": ("(",)}, {"output_schema": '{"type": "no such"}'}])
def test_refuses_what_cannot_be_compiled(given):
    with pytest.raises(ValueError, match=r"RE2|JSON Schema"):
        a_guard(**given)
