"""A process that works on a queue until it is killed, and says on standard output what it was promised.

    python victim.py <queue URL> <label>

One JSON line per event, written only after the queue has answered:
`{"appended": id}`, `{"claimed": claim id, "entries": [ids], "attempt": n}`, `{"acknowledged": claim id}`.
"""

import asyncio
import itertools
import json
import sys
import threading

from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Entry, Queue, QueueBounds
from lynex_server.kernel.clock import SystemClock
from lynex_server.kernel.errors import Busy

PRODUCERS = 6
_output = threading.Lock()


def say(event: dict[str, object]) -> None:
    with _output:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


async def produce(queue: Queue, name: str) -> None:
    for number in itertools.count():
        entry = Entry(f"{name}-{number}", "prj_1", b"x" * (number % 50 * 100), SystemClock().now_us())
        try:
            await queue.append(entry)
        except Busy:
            await asyncio.sleep(0.01)
        else:
            say({"appended": entry.id})


def consume(queue: Queue) -> None:
    while True:
        try:
            if claim := queue.claim("victim", max_entries=5, max_bytes=10_000, wait_s=0.1):
                ids = [entry.id for entry in claim.entries]
                say({"claimed": claim.id, "entries": ids, "attempt": claim.attempt})
                queue.ack(claim)
                say({"acknowledged": claim.id})
        except Busy:
            continue


async def main(url: str, label: str) -> None:
    queue = open_queue(url, QueueBounds(), SystemClock())
    threading.Thread(target=consume, args=[queue], daemon=True).start()
    await asyncio.gather(*(produce(queue, f"{label}-{number}") for number in range(PRODUCERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
