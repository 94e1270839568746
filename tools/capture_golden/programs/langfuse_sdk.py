"""Langfuse's SDK: observations by decorator and by hand, with usage in its exclusive buckets."""

from langfuse import get_client, observe, propagate_attributes

langfuse = get_client()


@observe(name="get_weather", as_type="tool")
def get_weather(city: str) -> str:
    return f"It is sunny in {city}, 21 degrees."


@observe(name="answer_question")
def answer_question(question: str) -> str:
    with propagate_attributes(
        session_id="session-42", user_id="user-7", tags=["golden"], metadata={"tier": "pro"}
    ):
        get_weather("Paris")
        with langfuse.start_as_current_observation(
            name="anthropic call",
            as_type="generation",
            model="claude-sonnet-4-5-20250929",
            input=[{"role": "user", "content": question}],
            model_parameters={"max_tokens": 256},
        ) as generation:
            generation.update(
                output="Paris is the capital of France.",
                usage_details={
                    "input": 200,
                    "output": 60,
                    "input_cached_tokens": 1000,
                    "input_cache_creation": 300,
                },
            )
        with langfuse.start_as_current_observation(
            name="priced call", as_type="generation", model="gpt-4o-mini-2024-07-18", input=question
        ) as generation:
            generation.update(
                output="Paris is the capital of France.",
                usage_details={"input": 176, "input_cached_tokens": 1024, "output": 87, "total": 1287},
                cost_details={"input": 0.00125, "output": 0.00025, "total": 0.0015},
            )
        with langfuse.start_as_current_observation(name="embed", as_type="embedding") as embedding:
            embedding.update(model="text-embedding-3-small", usage_details={"input": 9})
        with langfuse.start_as_current_observation(
            name="failed call", as_type="generation", model="no-such-model"
        ) as generation:
            generation.update(level="ERROR", status_message="The model does not exist.")
    return "Paris is the capital of France."


answer_question("What is the capital of France?")
langfuse.flush()
