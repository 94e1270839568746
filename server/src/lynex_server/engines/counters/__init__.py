"""Bounded counters with holds: what was used, what is set aside, and never more than the limit."""
