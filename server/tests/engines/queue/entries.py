"""Makers of entries, and short ways to push them through a queue."""

import asyncio
from collections.abc import Iterable

from clocks import NOON_US

from lynex_server.engines.queue.protocol import Appended, Claim, Entry, Queue


def an_entry(
    entry_id: str = "entry",
    body: bytes = b"body",
    project_id: str = "prj_1",
    appended_at_us: int = NOON_US,
) -> Entry:
    """An entry; say only what matters."""
    return Entry(entry_id, project_id, body, appended_at_us)


def some_entries(count: int, body: bytes = b"body") -> list[Entry]:
    """`count` entries with the ids e0, e1, …"""
    return [an_entry(f"e{number}", body) for number in range(count)]


async def append_in_turn(queue: Queue, entries: Iterable[Entry]) -> list[Appended]:
    """Append one after the other: their order in the queue is that of `entries`."""
    return [await queue.append(entry) for entry in entries]


async def append_at_once(queue: Queue, entries: Iterable[Entry]) -> list[Appended]:
    """Append all concurrently."""
    return await asyncio.gather(*(queue.append(entry) for entry in entries))


def claim_now(
    queue: Queue, consumer: str = "worker", max_entries: int = 1000, max_bytes: int = 10_000_000
) -> Claim | None:
    """What there is to claim at this moment."""
    return queue.claim(consumer, max_entries, max_bytes, wait_s=0)


def ids(claim: Claim | None) -> list[str]:
    """The ids of the entries of a claim; none for no claim."""
    return [entry.id for entry in claim.entries] if claim else []


def drain(queue: Queue, consumer: str = "worker") -> list[Claim]:
    """Claim and acknowledge until nothing is left."""
    claims = []
    while claim := claim_now(queue, consumer):
        claims.append(claim)
        queue.ack(claim)
    return claims
