"""Bodies of calls that nobody would send: the words of every surface, put together anyhow."""

from hypothesis import strategies as st

NAMES = (
    *("messages", "content", "role", "tools", "tool_choice", "stream", "stream_options", "input", "system"),
    *("contents", "parts", "text", "n", "max_tokens", "metadata", "user", "response_format", "thinking"),
    *("generationConfig", "inferenceConfig", "options", "functions", "tool_calls", "function", "name"),
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)
