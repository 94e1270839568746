"""The door of `pricing`: what a source reported becomes usage, usage becomes cost."""

from lynex_server.pricing.book import LOCAL_CACHE_HIT, Cost, PriceBook
from lynex_server.pricing.models import canonical_provider, canonical_tier
from lynex_server.pricing.usage import Usage, normalise_usage

__all__ = [
    "LOCAL_CACHE_HIT",
    "Cost",
    "PriceBook",
    "Usage",
    "canonical_provider",
    "canonical_tier",
    "normalise_usage",
]
