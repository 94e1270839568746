"""OTLP in its two encodings, decoded into one neutral form and from there into spans and metric points."""
