"""`anthropic` alone: the client traces its own calls."""

import anthropic_calls
import long_cache
import telemetry

telemetry.start()
anthropic_calls.make_calls()
long_cache.make_call()
