"""The gateway's bounds."""

from typing import Literal

from pydantic import Field

from lynex_server.kernel.settings import Settings


class GatewaySettings(Settings):
    """How much the gateway takes in, holds, and waits for."""

    gateway_max_body_bytes: int = Field(
        default=32_000_000,
        ge=1_000,
        description="Largest body of a call that the gateway reads (chat, embeddings …).",
    )
    gateway_max_upload_bytes: int = Field(
        default=512_000_000,
        ge=1_000,
        description="Largest body that the gateway passes through unread (files, audio).",
    )
    gateway_max_answer_bytes: int = Field(
        default=64_000_000,
        ge=1_000,
        description="Largest whole answer that is held; of a longer stream the rest is passed on unread.",
    )
    gateway_max_capture_chars: int = Field(
        default=200_000, ge=0, description="Characters of a question, and of an answer, that a span keeps."
    )
    gateway_connect_timeout_s: float = Field(
        default=10.0, gt=0, description="How long a connection to a provider may take to come about."
    )
    gateway_max_call_s: float = Field(
        default=3600.0, gt=0, description="After this time a call is cut off, streaming or not."
    )
    gateway_max_calls: int = Field(
        default=10_000,
        ge=1,
        description="Calls under way in one process, at most a quarter of the files that it may open; "
        "further ones are answered 503.",
    )
    gateway_hold_s: int = Field(
        default=120,
        ge=10,
        description="How long money stays set aside for a call of a process that died. Living ones renew it.",
    )
    gateway_unbooked_hold_s: int = Field(
        default=86_400,
        ge=10,
        description="How long what a call used counts in its budgets while its span waits to be booked: "
        "longer than workers are ever away.",
    )
    gateway_private_upstreams: Literal["allow", "refuse"] = Field(
        default="allow",
        description="Whether providers may have private addresses (Ollama, vLLM …). Addresses of a cloud's "
        "metadata service are always refused.",
    )
    gateway_estimated_output_tokens: int = Field(
        default=1024, ge=1, description="Output set aside for a call that states no maximum."
    )
    gateway_max_unsaved_spans: int = Field(
        default=20_000,
        ge=1,
        description="Calls whose span could not be written yet; beyond it the gateway refuses calls.",
    )
    gateway_drain_s: float = Field(
        default=20.0, ge=0, description="How long calls under way may go on when the process is told to stop."
    )
