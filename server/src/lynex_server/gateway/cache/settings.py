"""The bounds of what is given again."""

from pydantic import Field

from lynex_server.kernel.settings import Settings


class AnswerCacheSettings(Settings):
    """How much of one answer, and how many questions of one kind, are kept."""

    gateway_cache_max_answer_bytes: int = Field(
        default=262_144, ge=1_000, description="Largest answer that the gateway's cache keeps."
    )
    gateway_cache_max_questions: int = Field(
        default=2_000,
        ge=1,
        description="Most questions that one is compared with by meaning: the newest of the same route, "
        "with the same model, system prompt, tools and parameters.",
    )
