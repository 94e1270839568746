"""Whatever is killed, and whenever: what was acknowledged is there, exactly once.

Makes impossible what users lost elsewhere: events acknowledged from memory and gone after a restart.
"""

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from clocks import FixedClock
from engines.queue.conftest import OpenQueue
from engines.queue.entries import append_in_turn, drain, ids, some_entries
from servers import RedisServer

from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Claim, QueueBounds, QueueState

VICTIM = Path(__file__).with_name("victim.py")


@dataclass
class Evidence:
    """What the victims said, and what was found after them."""

    appended: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    entries_of_claim: dict[str, list[str]] = field(default_factory=dict)
    claims_of_entry: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def hear(self, line: str) -> None:
        event = json.loads(line)
        if "appended" in event:
            self.appended.append(event["appended"])
        elif "acknowledged" in event:
            self.acknowledged.add(event["acknowledged"])
        else:
            self.saw_claim(event["claimed"], event["entries"])

    def saw_claim(self, claim_id: str, entry_ids: list[str]) -> None:
        assert claim_id not in self.acknowledged, "an acknowledged claim came again"
        assert self.entries_of_claim.setdefault(claim_id, entry_ids) == entry_ids, "a claim changed"
        for entry_id in entry_ids:
            self.claims_of_entry[entry_id].add(claim_id)

    def check(self) -> None:
        assert set(self.appended) <= self.claims_of_entry.keys(), "an acknowledged entry is lost"
        assert all(len(claims) == 1 for claims in self.claims_of_entry.values()), "an entry in two claims"
        assert all(len(set(entries)) == len(entries) for entries in self.entries_of_claim.values())


def start_victim(url: str, label: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, VICTIM, url, label], stdout=subprocess.PIPE, text=True)


def listen(victim: "subprocess.Popen[str]", evidence: Evidence, events: int) -> None:
    """Hear the next events; a victim that ended by itself fails the test."""
    assert victim.stdout is not None
    for _ in range(events):
        line = victim.stdout.readline()
        assert line, f"the victim ended by itself: {victim.wait()}"
        evidence.hear(line)


def kill(victim: "subprocess.Popen[str]", evidence: Evidence) -> None:
    """Kill it, and hear what it had still said."""
    assert victim.stdout is not None
    victim.send_signal(signal.SIGKILL)
    for line in victim.stdout:
        if line.endswith("\n"):
            evidence.hear(line)
    victim.stdout.close()
    victim.wait()


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_process_loses_nothing_and_doubles_nothing(queue_url: str, open_again: OpenQueue, seed: int):
    chance = random.Random(seed)
    evidence = Evidence()
    for life in range(3):
        victim = start_victim(queue_url, f"life{life}")
        listen(victim, evidence, events=chance.randrange(1, 400))
        time.sleep(chance.random() * 0.01)
        kill(victim, evidence)

    survivor = open_again()
    for claim in drain(survivor, "victim"):
        evidence.saw_claim(claim.id, ids(claim))

    evidence.check()
    assert survivor.state() == QueueState(entries=0, bytes=0, oldest_age_s=0)


def test_the_claim_of_a_killed_process_comes_again_as_it_was(queue_url: str, open_again: OpenQueue):
    holds_a_claim = """
import sys, time
from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import QueueBounds
from lynex_server.kernel.clock import SystemClock
claim = open_queue(sys.argv[1], QueueBounds(), SystemClock()).claim("victim", 2, 1000, 20)
print(claim.id, flush=True)
time.sleep(600)
"""
    queue = open_again()
    asyncio.run(append_in_turn(queue, some_entries(3)))
    with subprocess.Popen(
        [sys.executable, "-c", holds_a_claim, queue_url], stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdout is not None
        claim_id = victim.stdout.readline().strip()
        victim.kill()

    again = queue.claim("victim", 1000, 1000, 0)

    assert again == Claim(claim_id, tuple(some_entries(2)), attempt=2)


def test_a_killed_redis_loses_nothing_and_doubles_nothing(running_redis: RedisServer, redis_url: str):
    """With `appendfsync always`, as the test server has it."""
    evidence = Evidence()
    victim = start_victim(redis_url, "life")
    for events in (200, 150, 250):
        listen(victim, evidence, events)
        running_redis.kill_and_start_again()
    listen(victim, evidence, 200)
    kill(victim, evidence)

    survivor = open_queue(redis_url, QueueBounds(), FixedClock())
    for claim in drain(survivor, "victim"):
        evidence.saw_claim(claim.id, ids(claim))
    survivor.close()

    evidence.check()
