"""The door of `processing`: the workers, the ledger's totals, and the service behind its routes."""

from lynex_server.processing import tables
from lynex_server.processing.batches import BatchProcessor
from lynex_server.processing.dead_letters import DeadLetters
from lynex_server.processing.ledger import Booked, booked_total
from lynex_server.processing.routes import router
from lynex_server.processing.service import ProcessingService
from lynex_server.processing.settings import ProcessingSettings
from lynex_server.processing.worker import WorkerNames, Workers

tables_metadata = tables.metadata

__all__ = [
    "BatchProcessor",
    "Booked",
    "DeadLetters",
    "ProcessingService",
    "ProcessingSettings",
    "WorkerNames",
    "Workers",
    "booked_total",
    "router",
    "tables_metadata",
]
