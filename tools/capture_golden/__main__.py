"""`python -m tools.capture_golden [case …]`: capture these cases anew, or all of them."""

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tools.capture_golden import environments, handmade
from tools.capture_golden.runs import RUNS, Run
from tools.capture_golden.scrub import refuse_leaks, scrub
from tools.capture_golden.servers import Log, Recorded, serving

GOLDEN = environments.REPOSITORY / "contract" / "golden"


def main(names: list[str]) -> None:
    """Capture the named cases, or all. A run writes all of its cases, since one run gives them all."""
    known = {name for run in RUNS for name in run.cases} | set(handmade.CASES)
    if unknown := sorted(set(names) - known):
        raise SystemExit(f"no such case: {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    for run in RUNS:
        if not names or set(names) & set(run.cases):
            _capture(run)
    for name, build in handmade.CASES.items():
        if not names or name in names:
            body, meta = build()
            _write(name, body, meta)


def _capture(run: Run) -> None:
    folder = environments.prepare(run)
    with serving() as (provider_url, recorder_url, log):
        environments.execute(run, folder, provider_url, recorder_url)
    if log.unexpected:
        print(f"{run.program} also asked for {', '.join(log.unexpected)}", file=sys.stderr)
    ports = [str(urlsplit(url).port) for url in (provider_url, recorder_url)]
    for name, path in run.cases.items():
        export = _the_export(log, path, run)
        body = scrub(export.body, path, export.content_type, ports)
        meta = {
            "captured": True,
            "clients": environments.versions(run, folder),
            "program": f"tools/capture_golden/programs/{run.program}",
            "settings": run.settings,
            "path": path,
            "content_type": export.content_type,
            "content_encoding": export.encoding,
            "authorization_scheme": export.authorization_scheme,
            "headers": export.headers,
            "provider_answers": log.answers,
        }
        _write(name, body, meta)


def _the_export(log: Log, path: str, run: Run) -> Recorded:
    arrived = [export for export in log.exports if export.path == path]
    if len(arrived) != 1:
        seen = [export.path for export in log.exports]
        raise SystemExit(f"{run.program}: expected one export to {path}, got {len(arrived)}; all: {seen}")
    return arrived[0]


def _write(name: str, body: bytes, meta: dict[str, object]) -> None:
    refuse_leaks(body.decode("utf-8", errors="replace"), name)
    folder: Path = GOLDEN / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "request.bin").write_bytes(body)
    (folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")
    print(f"{name}: {len(body)} bytes")


main(sys.argv[1:])
