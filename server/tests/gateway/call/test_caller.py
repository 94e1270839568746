"""What a call says of itself."""

import pytest

from lynex_server.gateway.call.caller import said_in, with_body


@pytest.mark.parametrize(
    ("user_id", "user", "session"),
    [
        ('{"device_id":"d1","account_uuid":"a1","session_id":"s1"}', "a1", "s1"),
        ('{"device_id":"d1","account_uuid":"","session_id":"s1"}', "d1", "s1"),
        (f"user_{'5f' * 32}_account_a1_session_s1", "a1", "s1"),
        (f"user_{'5f' * 32}_account__session_s1", "5f" * 32, "s1"),
        ("ada", "ada", ""),
        ('{"name":"ada"}', '{"name":"ada"}', ""),
        ("{no JSON", "{no JSON", ""),
    ],
)
def test_claude_code_says_all_in_one(user_id, user, session):
    said = with_body(said_in({}), {"metadata": {"user_id": user_id}})

    assert (said.end_user_id, said.session_id) == (user, session)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-claude-code-session-id": "s1"},
        {"x-openwebui-chat-id": "s1"},
        {"session-id": "s1"},
        {"session_id": "s1"},
        {"x-lynex-session": "s1", "session-id": "s2", "x-claude-code-session-id": "s3"},
    ],
)
def test_the_session_of_a_tool_counts_where_none_is_named(headers):
    assert said_in(headers).session_id == "s1"
