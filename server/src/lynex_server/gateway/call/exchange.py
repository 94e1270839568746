"""One call on its way: what is known of it so far, and what its span will say."""

import time
from dataclasses import dataclass, field

from lynex_server.budgets.public import RESERVATION_ATTRIBUTE, Call, Reservation
from lynex_server.gateway.answers.answer import Answer
from lynex_server.gateway.call.admission import Estimate, Taken
from lynex_server.gateway.call.asked import Asked
from lynex_server.gateway.call.caller import Said
from lynex_server.gateway.call.capture import captured_question, clipped
from lynex_server.gateway.call.estimate import tokens_of_text
from lynex_server.gateway.call.relay import Kept
from lynex_server.gateway.errors import Refused
from lynex_server.gateway.guardrails.verdicts import Verdict
from lynex_server.gateway.model import ProjectGateway, Provider, Route
from lynex_server.gateway.operations import Operation
from lynex_server.gateway.upstream.routing import Candidate, Plan
from lynex_server.identity.public import Principal
from lynex_server.kernel.ids import random_hex
from lynex_server.kernel.money import nanousd_from_usd
from lynex_server.pricing.public import Usage, normalise_usage
from lynex_server.spans.public import SpanEvent, Status, UsageConvention


@dataclass(slots=True, eq=False)
class Exchange:
    """A call. It is filled in as the call goes its way; `span` can be asked at any moment. `named` is the
    model that a call names which is passed through unread."""

    operation: Operation
    started_us: int
    said: Said
    principal: Principal | None = None
    gateway: ProjectGateway | None = None
    asked: Asked | None = None
    plan: Plan | None = None
    candidate: Candidate | None = None
    reservation: Reservation | None = None
    estimate: Estimate = field(default_factory=lambda: Estimate(0, 0))
    taken: Taken = field(default_factory=Taken)
    span_id: str = field(default_factory=lambda: random_hex(16))
    began_s: float = field(default_factory=time.perf_counter)
    asked_upstream_s: float = 0.0
    first_content_s: float = 0.0
    attempts: int = 0
    status: Status = "ok"
    refused: Refused | None = None
    answer: Answer | None = None
    answer_status: int = 0
    heard: Kept | None = None
    head_sent: bool = False
    answered: bool = False
    client_left: bool = False
    cache: str = ""
    saved_nanousd: int = 0
    named: str = ""
    notes: dict[str, object] = field(default_factory=dict)
    cost_nanousd: int | None = None
    renewed_s: float = field(default_factory=time.perf_counter)
    settled: bool = False
    budget_left: str = ""
    verdicts: list[Verdict] = field(default_factory=list)
    _normalised: Usage | None = None

    @property
    def sender(self) -> Principal:
        """Who calls. Nobody answers a call whose sender is not known."""
        assert self.principal is not None  # noqa: S101  # the door knows who calls
        return self.principal

    @property
    def must_be_asked(self) -> Asked:
        """What is asked, where it has been read."""
        assert self.asked is not None  # noqa: S101  # asked for after reading
        return self.asked

    @property
    def must_be_configured(self) -> ProjectGateway:
        """The project's gateway, where it has been looked up."""
        assert self.gateway is not None  # noqa: S101  # asked for after looking it up
        return self.gateway

    @property
    def route(self) -> Route | None:
        """The route that named the candidates."""
        return None if self.plan is None else self.plan.route

    @property
    def provider(self) -> Provider | None:
        """Who is asked, or answered."""
        return None if self.candidate is None else self.candidate.provider

    def call(self) -> Call:
        """The call, as budgets and limits know it."""
        principal = self.sender
        provider = self.provider
        model = self.candidate.model if self.candidate is not None else ""
        return Call(
            project_id=principal.project_id,
            environment=self.said.environment,
            provider="" if provider is None else provider.price_as,
            model=model,
            model_requested=self.model_requested,
            route=self.route_name,
            end_user=self.said.end_user_id,
            api_key=principal.api_key_id,
            session=self.said.session_id,
            tags=self.said.tags,
        )

    @property
    def model_requested(self) -> str:
        """The name that the client gave."""
        return self.named if self.asked is None else self.asked.model

    @property
    def route_name(self) -> str:
        """The application's route where the call names one, else the gateway's."""
        return self.said.route or ("" if self.route is None else self.route.name)

    def used(self) -> tuple[dict[str, int], UsageConvention, bool]:
        """What the call used: counts by unit, their convention, and whether they are an estimate.

        What the provider said counts, be it zero. Where an answer came and nothing was said, it is estimated
        from the texts; where none came, nothing was used.
        """
        answer = self.answer
        if answer is not None and answer.usage:
            if self.operation.kind == "llm" and "output_tokens" not in answer.usage and answer.text:
                # Cut off before the provider had counted what it wrote.
                counts = {**answer.usage, "output_tokens": tokens_of_text(answer.text)}
                return counts, answer.convention, True
            return answer.usage, answer.convention, False
        if self.cache == "hit" or self.asked is None or self.operation.kind not in ("llm", "embedding"):
            return {}, "unknown", False
        if answer is None and not (self.client_left and self.asked_upstream_s):
            return {}, "unknown", False
        counts = {"input_tokens": self.estimate.input_tokens}
        if self.operation.kind == "llm":
            counts["output_tokens"] = 0 if answer is None else tokens_of_text(answer.text)
        return counts, "inclusive", True

    def normalised(self) -> Usage:
        """What the call used, in one convention. It is worked out once the answer is there, and kept."""
        if self._normalised is not None:
            return self._normalised
        usage, convention, _ = self.used()
        provider = self.provider
        if not usage or provider is None:
            return Usage()
        normalised = normalise_usage(provider.price_as, self.served_model, usage, convention)
        if self.answer is not None:
            self._normalised = normalised
        return normalised

    def forget_usage(self) -> None:
        """The answer has changed: work usage and cost out anew."""
        self._normalised = None
        self.cost_nanousd = None

    @property
    def served_model(self) -> str:
        """The model that answered, as the provider calls it."""
        if self.answer is not None and self.answer.model:
            return self.answer.model
        return "" if self.candidate is None else self.candidate.model

    @property
    def service_tier(self) -> str:
        """The tier that the answer names."""
        return "" if self.answer is None else self.answer.service_tier

    @property
    def reported_nanousd(self) -> int | None:
        """A cost that the provider reported (OpenRouter does)."""
        if self.answer is None or self.answer.cost_usd is None:
            return None
        return nanousd_from_usd(self.answer.cost_usd)

    def span(self, now_s: float, max_chars: int) -> SpanEvent:
        """The call as a span. `now_s` is when it ended, by `time.perf_counter`."""
        usage, convention, estimated = self.used()
        answer, asked, refused = self.answer, self.asked, self.refused
        keeps_content = self.gateway is not None and self.gateway.capture == "full"
        provider = self.provider
        served = "" if self.candidate is None else self.served_model
        return SpanEvent(
            trace_id=self.said.trace_id,
            span_id=self.span_id,
            parent_span_id=self.said.parent_span_id,
            start_time_us=self.started_us,
            duration_ms=(now_s - self.began_s) * 1000,
            time_to_first_token_ms=(self.first_content_s - self.began_s) * 1000
            if self.first_content_s
            else None,
            kind=self.operation.kind,
            name=f"{self.operation.name} {self.model_requested}".strip(),
            session_id=self.said.session_id,
            end_user_id=self.said.end_user_id,
            route=self.route_name,
            environment=self.said.environment,
            release=self.said.release,
            service="gateway",
            provider="" if provider is None else provider.price_as,
            model=served,
            model_requested=self.model_requested,
            service_tier=self.service_tier,
            usage=usage,
            usage_convention=convention,
            usage_estimated=estimated,
            local_cache_hit=self.cache == "hit",
            cost_nanousd=self.reported_nanousd,
            status=self.status,
            error_type="" if refused is None else refused.code,
            error_message="" if refused is None else refused.message[:2000],
            finish_reason="" if answer is None else answer.finish_reason,
            input=captured_question(asked, max_chars) if keeps_content and asked is not None else "",
            output=clipped(answer.output, max_chars) if keeps_content and answer is not None else "",
            tags=list(self.said.tags),
            metadata=self.said.metadata,
            attributes=self._attributes(),
            source="gateway",
        )

    def _attributes(self) -> dict[str, object]:
        told: dict[str, object] = dict(self.notes)
        if self.reservation is not None and self.reservation.budget_ids:
            told[RESERVATION_ATTRIBUTE] = self.reservation.id
        if self.provider is not None:
            told["lynex.gateway.provider"] = self.provider.name
        if self.route is not None:
            told["lynex.gateway.route"] = self.route.name
        if self.attempts > 1:
            told["lynex.gateway.attempts"] = self.attempts
        if self.cache:
            told["lynex.gateway.cache"] = self.cache
        if self.saved_nanousd:
            told["lynex.gateway.saved_nanousd"] = self.saved_nanousd
        if self.asked_upstream_s:
            told["lynex.gateway.added_ms"] = round((self.asked_upstream_s - self.began_s) * 1000, 3)
        if self.answer_status:
            told["http.response.status_code"] = self.answer_status
        if self.answer is not None and self.answer.response_id:
            told["gen_ai.response.id"] = self.answer.response_id
        if self.client_left:
            told["lynex.gateway.client_left"] = True
        if self.verdicts:
            told["lynex.gateway.guards"] = [
                {"guard": each.guard, "stage": each.stage, "outcome": each.outcome, "detail": each.detail}
                for each in self.verdicts
            ]
        return told
