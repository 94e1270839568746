"""`anthropic` alone: the client traces its own calls."""

import anthropic_calls
import telemetry

telemetry.start()
anthropic_calls.make_calls()
