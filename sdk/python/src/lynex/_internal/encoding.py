"""The encoder's work on one span. Modules are loaded on first use, like the transport."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from lynex._internal.config import Config
from lynex._internal.line import Counts
from lynex._internal.record import SpanRecord

if TYPE_CHECKING:
    from lynex._internal.redaction.server_rules import ServerRules


class Encode:
    """Span to bytes, through `before_send` and `redact`. Made by the encoder's thread, for itself alone."""

    __slots__ = ("_config", "_counts", "_module", "_server_rules")

    def __init__(
        self, config: Config, counts: Counts, server_rules: Callable[[], ServerRules | None]
    ) -> None:
        self._config = config
        self._counts = counts
        self._server_rules = server_rules
        self._module = importlib.import_module("lynex._internal.encode")

    def __call__(self, span: SpanRecord) -> bytes | None:
        event = self._module.to_event(span, self._config_now())
        before_send = self._config.before_send
        if before_send is not None:
            try:
                event = before_send(event)
            except Exception as error:
                # What was to be removed may still be in it: an event that could not be cleaned is not sent.
                self._counts.drop(1, f"before_send failed with {type(error).__name__}: {error}")
                return None
            if event is None:
                return None
        redact = self._config.redact
        if callable(redact):
            try:
                event = importlib.import_module("lynex._internal.redaction.texts").with_texts(event, redact)
            except Exception as error:
                self._counts.drop(1, f"redact failed with {type(error).__name__}: {error}")
                return None
        encoded: bytes = self._module.to_bytes(event)
        return encoded

    def _config_now(self) -> Config:
        """Where the server's rules let no content leave, none is kept either."""
        known = self._server_rules()
        rules = None if known is None else known.rules
        if rules is None or rules.keeps_content(self._config.environment):
            return self._config
        return self._config._replace(capture_content=False)
