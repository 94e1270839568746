"""The door of `privacy`: erasing and exporting people's and projects' data.

letters = DeadLetterHolder(dead_letters, blob)
holders = [ColumnarHolder(columnar), RelationalHolder(database), letters, CacheHolder(cache)]
privacy = Privacy(database, holders, audit, PrivacySettings(), clock)
jobs = ErasureJobs(Eraser(database, Stores(queue, holders), identity, audit, clock))
BatchProcessor(..., shield=Shield(database, clock))
"""

from lynex_server.privacy.cache_holder import CacheHolder
from lynex_server.privacy.columnar_holder import ColumnarHolder
from lynex_server.privacy.dead_letter_holder import DeadLetterHolder
from lynex_server.privacy.eraser import Eraser, Stores
from lynex_server.privacy.jobs import ErasureJobs
from lynex_server.privacy.relational_holder import RelationalHolder
from lynex_server.privacy.routes import router
from lynex_server.privacy.service import Privacy
from lynex_server.privacy.settings import PrivacySettings
from lynex_server.privacy.shield import Shield

__all__ = [
    "CacheHolder",
    "ColumnarHolder",
    "DeadLetterHolder",
    "Eraser",
    "ErasureJobs",
    "Privacy",
    "PrivacySettings",
    "RelationalHolder",
    "Shield",
    "Stores",
    "router",
]
