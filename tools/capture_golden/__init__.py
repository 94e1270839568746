"""Captures golden payloads: what real clients put on the wire, for `contract/golden/`.

One case is one client stack (say `openai` with its OpenTelemetry instrumentation). Each stack gets its
own throw-away environment, because they do not install together; its small program talks to a local model
endpoint whose answers are fixed (`provider`), and exports to a local recorder (`recorder`). What was
recorded is freed of everything particular to one run or machine (`scrub`) and written beside the answers
the endpoint gave, which are the truth an expectation is written from.
"""
