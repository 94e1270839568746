"""The guards of a route, compiled once: what a call passes on its way out, and its answer on its way back.

    guard = guards.of(route.guardrails)
    checked = await guard.before(document, call)        # send checked.document
    checked = await guard.after(answer, call, checked.restorer)   # give the caller checked.document

Before: tools, size, patterns, redaction, webhook. After: tools, size, patterns, schema, webhook, and what was
taken out is put back. The first that objects stops the call with `Blocked`. A webhook reads what the model
reads and writes: the placeholders of personal data, not the data.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from lynex_server.gateway.expressions import compiled_pattern, compiled_schema
from lynex_server.gateway.guardrails.output_schema import problems_with
from lynex_server.gateway.guardrails.redaction import Restorer, redacted
from lynex_server.gateway.guardrails.tools import called_tools, offered_tools
from lynex_server.gateway.guardrails.verdicts import (
    Blocked,
    Checked,
    GuardName,
    SchemaNotKept,
    Stage,
    Verdict,
)
from lynex_server.gateway.guardrails.webhook import Asking, WebhookGuards
from lynex_server.gateway.guardrails.writing import written_texts
from lynex_server.gateway.model import Dialect, Guardrails
from lynex_server.gateway.texts import answer_texts_of, texts_of

Document = dict[str, Any]
MAX_COMPILED: Final = 1_000
"""Guards kept compiled; the one used the longest ago is compiled anew when it is needed."""


@dataclass(frozen=True, slots=True)
class GuardedCall:
    """What a guard knows of a call. `webhook_secret` signs what the webhook is sent."""

    project_id: str
    route: str
    model: str
    dialect: Dialect
    operation: str
    webhook_secret: str = field(default="", repr=False)


class Guards:
    """The compiled guards of all routes, by what they are set to."""

    def __init__(self, webhooks: WebhookGuards) -> None:
        self._webhooks = webhooks
        self._compiled: OrderedDict[Guardrails, Guard] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, guardrails: Guardrails) -> "Guard":
        """Raises `ValueError` for a pattern or a schema that cannot be compiled."""
        with self._lock:
            known = self._compiled.get(guardrails)
            if known is None:
                known = self._compiled[guardrails] = Guard(guardrails, self._webhooks)
                if len(self._compiled) > MAX_COMPILED:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(guardrails)
            return known


class Guard:
    """See the module text. Safe from any thread and event loop."""

    def __init__(self, guardrails: Guardrails, webhooks: WebhookGuards) -> None:
        """Raises `ValueError` for a pattern or a schema that cannot be compiled."""
        self._set = guardrails
        self._webhooks = webhooks
        self._input_patterns = [compiled_pattern(text) for text in guardrails.blocked_input]
        self._output_patterns = [compiled_pattern(text) for text in guardrails.blocked_output]
        self._schema = compiled_schema(guardrails.output_schema) if guardrails.output_schema else None

    async def before(self, document: Document, call: GuardedCall) -> Checked:
        """What to send. Raises `Blocked`, and `InvalidInput` for a body that is nested too deep."""
        verdicts = _Verdicts("before")
        self._check_tools(offered_tools(document, call.dialect), verdicts)
        texts = texts_of(document, call.dialect, call.operation)
        _check_size("max_input_chars", texts, self._set.max_input_chars, verdicts)
        _check_patterns("blocked_input", texts, self._input_patterns, verdicts)
        restorer = None
        if self._set.redact:
            document, restorer = redacted(document, call.dialect, call.operation)
            found = 0 if restorer is None else len(restorer.values)
            verdicts.add("redact", "changed" if found else "passed", f"{found} values" if found else "")
            texts = texts_of(document, call.dialect, call.operation)
        await self._ask_webhook(texts, call, verdicts)
        return Checked(document, verdicts.all, restorer)

    async def after(
        self, answer: Document, call: GuardedCall, restorer: Restorer | None = None, *, mended: bool = False
    ) -> Checked:
        """What to give the caller of a whole answer; `mended` when it is the second one, asked for by
        `repair.py`. Raises `Blocked`; `SchemaNotKept` where the model may be asked to mend it."""
        verdicts = _Verdicts("after")
        self._check_tools(called_tools(answer, call.operation), verdicts)
        texts = answer_texts_of(answer, call.dialect, call.operation)
        _check_size("max_output_chars", texts, self._set.max_output_chars, verdicts)
        _check_patterns("blocked_output", texts, self._output_patterns, verdicts)
        self._check_schema(answer, call, verdicts, mended=mended)
        await self._ask_webhook(texts, call, verdicts)
        if restorer is not None:
            answer = restorer.answer(answer, call.dialect, call.operation)
            verdicts.add("redact", "changed", "restored")
        return Checked(answer, verdicts.all)

    def _check_tools(self, names: Sequence[str], verdicts: "_Verdicts") -> None:
        allowed = self._set.allowed_tools
        if allowed is None:
            return
        refused = next((name for name in names if not _is_allowed(name, allowed)), None)
        if refused is not None:
            verdicts.block("allowed_tools", f"This route does not allow the tool {refused[:100]!r}.")
        verdicts.add("allowed_tools", "passed")

    def _check_schema(
        self, answer: Document, call: GuardedCall, verdicts: "_Verdicts", *, mended: bool
    ) -> None:
        if self._schema is None:
            return
        texts = written_texts(answer, call.operation)
        if called_tools(answer, call.operation) and not any(text.strip() for text in texts):
            return  # not the answer yet, but a step on the way to it
        for text in texts or [""]:
            problems = problems_with(text, self._schema)
            if problems:
                verdict = Verdict("output_schema", "after", "blocked", f"{len(problems)} problems")
                message = f"The answer does not keep this route's schema: {problems[0]}"
                raise SchemaNotKept(message, (*verdicts.all, verdict), text, problems)
        verdicts.add("output_schema", "changed" if mended else "passed", "mended" if mended else "")

    async def _ask_webhook(self, texts: Sequence[str], call: GuardedCall, verdicts: "_Verdicts") -> None:
        hook = self._set.webhook
        if hook is None:
            return
        asking = Asking(call.project_id, call.route, call.model, texts)
        verdict = await self._webhooks.ask(hook, call.webhook_secret, verdicts.stage, asking)
        verdicts.all = (*verdicts.all, verdict)
        if verdict.outcome == "blocked":
            reason = f": {verdict.detail}" if verdict.detail else "."
            raise Blocked(f"This route's guard does not allow it{reason}", verdicts.all)


class _Verdicts:
    """Those of one stage, as they come."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.all: tuple[Verdict, ...] = ()

    def add(self, guard: GuardName, outcome: Any, detail: str = "") -> None:
        self.all = (*self.all, Verdict(guard, self.stage, outcome, detail))

    def block(self, guard: GuardName, message: str, detail: str = "") -> None:
        self.add(guard, "blocked", detail)
        raise Blocked(message, self.all)


def _is_allowed(name: str, patterns: Sequence[str]) -> bool:
    """`*` and `?` are all that a pattern promises; a character class of fnmatch would be a surprise."""
    return any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns)


def _check_size(guard: GuardName, texts: Sequence[str], limit: int, verdicts: _Verdicts) -> None:
    if not limit:
        return
    chars = sum(map(len, texts))
    if chars > limit:
        verdicts.block(
            guard, f"This route allows {limit} characters; there are {chars}.", f"{chars} characters"
        )
    verdicts.add(guard, "passed")


def _check_patterns(guard: GuardName, texts: Sequence[str], patterns: list[Any], verdicts: _Verdicts) -> None:
    """Never says in the message which pattern it was: that would teach how to write around it."""
    if not patterns:
        return
    for number, pattern in enumerate(patterns):
        if any(pattern.search(text) for text in texts):
            verdicts.block(guard, "This route does not allow what is in the text.", f"pattern {number + 1}")
    verdicts.add(guard, "passed")
