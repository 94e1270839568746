"""Whether the call of a begun span may be made: asked before it leaves the process.

Where nothing is enforced this is one look at an attribute. What is raised is meant for the host; a fault of
ours is contained like any other, and lets the call through.
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from lynex._internal.enforcement.errors import CallBlocked
from lynex._internal.enforcement.holds import RESERVATION_ATTRIBUTE, Hold, slowed, untaken
from lynex._internal.report import internal_error
from lynex._internal.span import Span, has_around, nearest_route, runtime_of

if TYPE_CHECKING:
    from lynex._internal.enforcement.gate import Gate
    from lynex._internal.enforcement.rules import Call

SLOWED_ATTRIBUTE = "lynex.slowed_ms"
"""How long a budget that slows down made the call wait."""
DOWNGRADED_ATTRIBUTE = "lynex.downgraded_to"
"""The model that was asked for in place of the application's, because a budget is used up."""
_CALL_KINDS = ("llm", "embedding")


def gate_of(span: Span) -> Gate | None:
    """The gate that the span's call must pass; None where nothing is enforced."""
    runtime = runtime_of(span)
    if runtime is None or runtime.gate is None or span.kind not in _CALL_KINDS:
        return None
    return runtime.gate


def check(gate: Gate, span: Span) -> Call | None:
    """Stop the call where a budget or kill switch stops it: ends the span and raises `CallBlocked`."""
    try:
        call = _call(span)
        gate.check(call)
    except CallBlocked as error:
        _end_blocked(span, error)
        raise
    except Exception:
        internal_error("asking whether a call may be made")
        return None
    return call


def admit_client_call(gate: Gate, span: Span) -> str:
    """Let a watched client's call pass, after the wait that a budget asks of it and with money set aside
    where a hard one wants that. Gives the model to use instead, or ""."""
    call = check(gate, span)
    if call is None:
        return ""
    wait_s, model = _asked(gate, span, call)
    if wait_s:
        time.sleep(wait_s)
    if not _took_offered(span):
        call = call._replace(model=model or call.model)
        if _wants_hold(gate, call):
            _bear(span, _reserved(gate, span, call))
    return model


async def admit_client_call_async(gate: Gate, span: Span) -> str:
    """The same without holding up the event loop."""
    call = check(gate, span)
    if call is None:
        return ""
    wait_s, model = _asked(gate, span, call)
    if wait_s:
        await _sleep(wait_s)
    if not _took_offered(span):
        call = call._replace(model=model or call.model)
        if _wants_hold(gate, call):
            _bear(span, await _in_thread(_reserved, gate, span, call))
    return model


def admit_function(gate: Gate, span: Span) -> Hold | None:
    """Let a decorated function pass. Gives the money set aside for it, to be offered to the call inside."""
    call = check(gate, span)
    if call is None:
        return None
    wait_s = _asked_of_function(gate, span, call)
    if wait_s:
        time.sleep(wait_s)
    if not _of_a_model(gate, call):
        return None
    hold = untaken() or _reserved(gate, span, call)
    _bear(span, hold)
    return hold


async def admit_function_async(gate: Gate, span: Span) -> Hold | None:
    """The same without holding up the event loop."""
    call = check(gate, span)
    if call is None:
        return None
    wait_s = _asked_of_function(gate, span, call)
    if wait_s:
        await _sleep(wait_s)
    if not _of_a_model(gate, call):
        return None
    hold = untaken() or await _in_thread(_reserved, gate, span, call)
    _bear(span, hold)
    return hold


def _call(span: Span) -> Call:
    runtime = runtime_of(span)
    gate_module = importlib.import_module("lynex._internal.enforcement.gate")
    if runtime is None:
        raise ValueError("the span has not begun")
    call: Call = gate_module.call_of(
        runtime.config,
        span.ambient,
        provider=span.provider,
        model=span.model_requested or span.model,
        route=nearest_route(span),
        tags=tuple(span.tags or ()),
    )
    return call


def _asked(gate: Gate, span: Span, call: Call) -> tuple[float, str]:
    """What budgets ask of a watched client's call: seconds to wait, and another model. The span says so."""
    try:
        wait_s, model = gate.asked(call)
        if span.kind != "llm":
            model = ""  # embeddings of two models do not compare
        if wait_s and (has_around(span, SLOWED_ATTRIBUTE) or slowed.get()):
            wait_s = 0.0
        if wait_s:
            span.set_attribute(SLOWED_ATTRIBUTE, round(wait_s * 1000))
        if model:
            span.set_attribute(DOWNGRADED_ATTRIBUTE, model)
    except Exception:
        internal_error("asking what a budget asks of a call")
        return 0.0, ""
    return wait_s, model


def _asked_of_function(gate: Gate, span: Span, call: Call) -> float:
    """What it waits for all calls inside. Which model it uses is its own business: nobody can change that
    from outside."""
    if not call.model:
        return 0.0
    try:
        wait_s: float = gate.asked(call).wait_s
        if wait_s and (has_around(span, SLOWED_ATTRIBUTE) or slowed.get()):
            return 0.0
        if wait_s:
            span.set_attribute(SLOWED_ATTRIBUTE, round(wait_s * 1000))
    except Exception:
        internal_error("asking what a budget asks of a call")
        return 0.0
    return wait_s


def _of_a_model(gate: Gate, call: Call) -> bool:
    """Whether money should be set aside for a function: of one that names no model, the call inside knows
    more."""
    return bool(call.model) and (untaken() is not None or _wants_hold(gate, call))


def _wants_hold(gate: Gate, call: Call) -> bool:
    try:
        return gate.wants_hold(call)
    except Exception:
        internal_error("asking whether money must be set aside")
        return False


def _reserved(gate: Gate, span: Span, call: Call) -> Hold | None:
    try:
        reserving = importlib.import_module("lynex._internal.enforcement.reserving")
        said = span.request if span.request is not None else span.input
        return gate.reserve(call, reserving.estimate_of(said))
    except CallBlocked as error:
        _end_blocked(span, error)
        raise
    except Exception:
        internal_error("setting money aside")
        return None


def _took_offered(span: Span) -> bool:
    hold = untaken()
    if hold is None:
        return False
    hold.taken = True
    _bear(span, hold)
    return True


def _bear(span: Span, hold: Hold | None) -> None:
    """Let the span tell of the reservation. It is then always sent: its arrival settles it."""
    if hold is not None:
        hold.told = True
        span.sampled = True
        span.set_attribute(RESERVATION_ATTRIBUTE, hold.id)


def _end_blocked(span: Span, error: CallBlocked) -> None:
    try:
        span.record_error(error)
        span.end()
    except Exception:
        internal_error("ending a span")


async def _sleep(wait_s: float) -> None:
    await importlib.import_module("asyncio").sleep(wait_s)


async def _in_thread(function: Any, *args: Any) -> Any:
    # `asyncio` is loaded by whoever awaits; importing it here would cost everybody.
    return await importlib.import_module("asyncio").to_thread(function, *args)
