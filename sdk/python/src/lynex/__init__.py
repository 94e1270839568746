"""Record every model call an app makes: tokens, true cost, latency, content.

    import lynex

    lynex.configure(ingest_url="http://127.0.0.1:8000", api_key="lx_...")
    lynex.instrument()  # every OpenAI and Anthropic call is recorded from here on

All public names are here and in `lynex.testing`. Nothing here raises into your app or slows it: recording a
call costs a few microseconds, everything else happens on background threads within bounds. One exception
is asked for: with `configure(enforce="enforce")`, a call that a budget or kill switch stops raises.
"""

from lynex._internal.api import configure, flush, session, shutdown, stats, tags, user
from lynex._internal.config import Event
from lynex._internal.decorator import trace_llm
from lynex._internal.enforcement.errors import (
    BudgetExceeded,
    CallBlocked,
    KillSwitchActive,
    LynexUnreachable,
)
from lynex._internal.guarding import guard
from lynex._internal.integrations.instrument import instrument, uninstrument
from lynex._internal.line import Stats
from lynex._internal.propagation import extract, inject
from lynex._internal.span import Kind, Span, Status, UsageConvention, current_span, span
from lynex._internal.version import __version__

__all__ = [
    "BudgetExceeded",
    "CallBlocked",
    "Event",
    "KillSwitchActive",
    "Kind",
    "LynexUnreachable",
    "Span",
    "Stats",
    "Status",
    "UsageConvention",
    "__version__",
    "configure",
    "current_span",
    "extract",
    "flush",
    "guard",
    "inject",
    "instrument",
    "session",
    "shutdown",
    "span",
    "stats",
    "tags",
    "trace_llm",
    "uninstrument",
    "user",
]
