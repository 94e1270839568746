"""The door of `processing`: workers, the ledger and who books along, the service behind its routes."""

from lynex_server.processing.batches import BatchProcessor
from lynex_server.processing.dead_letters import DeadLetter, DeadLetters, body_prefix
from lynex_server.processing.ledger import (
    Booked,
    batches_booked_since,
    booked_batches,
    booked_total,
    correct,
)
from lynex_server.processing.routes import router
from lynex_server.processing.service import ProcessingService
from lynex_server.processing.settings import ProcessingSettings, addresses_listed
from lynex_server.processing.worker import WorkerNames, Workers

__all__ = [
    "BatchProcessor",
    "Booked",
    "DeadLetter",
    "DeadLetters",
    "ProcessingService",
    "ProcessingSettings",
    "WorkerNames",
    "Workers",
    "addresses_listed",
    "batches_booked_since",
    "body_prefix",
    "booked_batches",
    "booked_total",
    "correct",
    "router",
]
