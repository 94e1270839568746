"""The work of an erasure, step by step. Each step may be repeated: a crash costs nothing but time.

    queue ─> stores ─> files ─> verify ─> finished
               ^                   │ something is left
               └───────────────────┘ `MAX_ATTEMPTS` times, then: failed

A step that has to wait returns; the erasure is taken up again later, by any process. One process works on
it at a time: it holds a lease, which a crash lets run out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from lynex_server.engines.queue.protocol import Queue
from lynex_server.engines.relational.database import Database
from lynex_server.identity.public import Identity
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id
from lynex_server.privacy import storage
from lynex_server.privacy.holders import EndUser, Holder
from lynex_server.privacy.model import Erasure, Findings, Step
from lynex_server.safety.public import Actor, AuditLog

LEASE_S: Final = 300
"""How long a step may take before another process tries it too, which is harmless, only idle work."""
QUEUE_MARGIN_S: Final = 2
"""By how much the clocks of processes may differ."""
RETRY_S: Final[Mapping[Step, int]] = {"queue": 1, "files": 5}
FAULT_RETRY_S: Final = 30
MAX_ATTEMPTS: Final = 5
SYSTEM: Final = Actor("system", "erasure")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that may hold data of a project or an end user."""

    queue: Queue
    holders: Sequence[Holder]


class Eraser:
    """Works off erasures. Safe to run in several processes."""

    def __init__(
        self, database: Database, stores: Stores, identity: Identity, audit: AuditLog, clock: Clock
    ) -> None:
        self._database = database
        self._stores = stores
        self._identity = identity
        self._audit = audit
        self._clock = clock
        self._steps: dict[str, Callable[[Erasure], Erasure | None]] = {
            "queue": self._wait_for_queue,
            "stores": self._empty_stores,
            "files": self._wait_for_files,
            "verify": self._verify,
        }

    def plan_projects(self) -> int:
        """Begin the erasure of each project whose time to be restored is over; gives back how many."""
        now_us = self._clock.now_us()
        planned = 0
        for project in self._identity.projects.projects_to_erase(now_us):
            with self._database.begin() as connection:
                self._database.lock(connection, f"erasures of {project.id}")
                under_way = storage.unfinished(connection, project.id)
                if any(erasure.kind == "project" for erasure in under_way):
                    continue
                storage.add(connection, new_project_erasure(project.organisation_id, project.id, now_us))
                planned += 1
        return planned

    def work_once(self) -> bool:
        """Take the next step of the erasure that waits longest. False when none is due.

        What goes wrong is written down with the erasure and tried again later.
        """
        now_us = self._clock.now_us()
        with self._database.begin() as connection:
            erasure = storage.next_due(connection, now_us)
            if erasure is None:
                return False
            erasure = replace(erasure, lease_until_us=now_us + LEASE_S * MICROS_PER_SECOND)
            storage.save(connection, erasure)
        try:
            further = self._steps[erasure.step](erasure)
            wait_s = 0 if further else RETRY_S.get(erasure.step, FAULT_RETRY_S)
        except Busy as error:
            log.warning("erasure.waits", erasure=erasure.id, step=erasure.step, reason=str(error))
            further, wait_s = None, FAULT_RETRY_S
        except Exception:  # whatever it is: the others must go on, and this one is tried again
            log.exception("erasure.step_failed", erasure=erasure.id, step=erasure.step)
            further, wait_s = None, FAULT_RETRY_S
        if further is None or further.finished_at_us is None:
            later_us = self._clock.now_us() + wait_s * MICROS_PER_SECOND
            with self._database.begin() as connection:
                if further is not None:
                    storage.save(connection, further)
                storage.lease(connection, erasure.id, later_us)
        return True

    def _wait_for_queue(self, erasure: Erasure) -> Erasure | None:
        """Until everything received before the request is stored. What comes later is made nameless."""
        now_us = self._clock.now_us()
        until_us = erasure.requested_at_us + QUEUE_MARGIN_S * MICROS_PER_SECOND
        state = self._stores.queue.state()
        oldest_us = now_us - int(state.oldest_age_s * MICROS_PER_SECOND)
        if now_us <= until_us or (state.entries and oldest_us <= until_us):
            return None
        return self._at(erasure, "stores")

    def _empty_stores(self, erasure: Erasure) -> Erasure:
        found = dict(erasure.findings.erased)
        user = self._end_user(erasure)
        for holder in self._stores.holders:
            counts = holder.count_end_user(user) if user else holder.count_project(erasure.project_id)
            for held, count in counts.items():
                found[held] = max(found.get(held, 0), count)
            # Before anything goes, so that a crash in the middle does not lose what there was.
            erasure = replace(erasure, findings=replace(erasure.findings, erased=found))
            with self._database.begin() as connection:
                storage.save(connection, erasure)
            if user:
                holder.erase_end_user(user)
            else:
                holder.erase_project(erasure.project_id)
        self._stores.queue.scrub()
        for holder in self._stores.holders:
            holder.settle()
        return self._at(erasure, "files")

    def _wait_for_files(self, erasure: Erasure) -> Erasure | None:
        """Until the engines have dropped the files that they replaced."""
        # A file is replaced within the second in which its deletion ends.
        since_us = erasure.step_since_us + MICROS_PER_SECOND
        if any(holder.outdated_files(since_us) for holder in self._stores.holders):
            return None
        return self._at(erasure, "verify")

    def _verify(self, erasure: Erasure) -> Erasure:
        user = self._end_user(erasure)
        left: dict[str, int] = {}
        named: dict[str, int] = {}
        for holder in self._stores.holders:
            counts = holder.count_end_user(user) if user else holder.count_project(erasure.project_id)
            left |= {held: count for held, count in counts.items() if count}
            if user:
                named |= {held: count for held, count in holder.named_elsewhere(user).items() if count}
        erasure = replace(erasure, findings=Findings(erasure.findings.erased, left, named))
        if left and erasure.attempts + 1 < MAX_ATTEMPTS:
            return replace(self._at(erasure, "stores"), attempts=erasure.attempts + 1)
        return self._finish(erasure, "failed" if left else "finished")

    def _finish(self, erasure: Erasure, step: Step) -> Erasure:
        ended = replace(
            self._at(erasure, step),
            finished_at_us=self._clock.now_us(),
        )
        with self._database.begin() as connection:
            storage.save(connection, ended)
            if ended.kind == "end_user" and step == "finished":
                storage.forget_id(connection, ended.project_id, ended.subject)
            if ended.kind == "project" and step == "finished":
                self._identity.projects.forget_project(connection, ended.project_id)
            self._audit.record(
                connection,
                SYSTEM,
                f"{ended.kind}.{'erased' if step == 'finished' else 'not_erased'}",
                organisation_id=ended.organisation_id,
                project_id=ended.project_id,
                target=ended.id,
                after={"erased": dict(ended.findings.erased), "left": dict(ended.findings.left)},
            )
        self._database.scrub(["erasures"])  # the request itself named them
        return ended

    def _at(self, erasure: Erasure, step: Step) -> Erasure:
        return replace(erasure, step=step, step_since_us=self._clock.now_us())

    def _end_user(self, erasure: Erasure) -> EndUser | None:
        if erasure.kind == "project":
            return None
        with self._database.read() as connection:
            salt = storage.salt_of(connection, erasure.project_id)
        if salt is None:
            raise LookupError(f"project {erasure.project_id} has no salt")
        return EndUser(erasure.project_id, erasure.end_user_id, salt, erasure.subject)


def new_project_erasure(organisation_id: str, project_id: str, now_us: int) -> Erasure:
    """The erasure of a project whose grace is over, due at once."""
    return Erasure(
        id=new_id("ers"),
        organisation_id=organisation_id,
        project_id=project_id,
        kind="project",
        subject="",
        end_user_id="",
        requested_by="system:erasure",
        requested_at_us=now_us,
        step="queue",
        step_since_us=now_us,
        attempts=0,
        lease_until_us=now_us,
        finished_at_us=None,
        shield_until_us=0,
        findings=Findings({}, {}, {}),
    )
