"""The way of one call, from who sends it to the span that it leaves."""
