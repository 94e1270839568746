"""The door of `pricing`: what a source reported becomes usage, usage becomes cost.

book = PriceBook(community=read_community_file(path))
book.use_overrides(OverrideSet(version, overrides, organisation_of))
usage = normalise_usage("openai", "gpt-5", {"input_tokens": 812, "output_tokens": 64}, "inclusive")
book.price("openai", "gpt-5", "", "", usage, at_us, project_id="prj_a")     # Cost(nanousd, version, flags)
"""

from lynex_server.pricing.book import LOCAL_CACHE_HIT, Cost, PriceBook
from lynex_server.pricing.community import read_community_file
from lynex_server.pricing.flags import COST_FLAGS
from lynex_server.pricing.listing import ListedPrice, ListedRate, listed_prices, listed_rates
from lynex_server.pricing.models import canonical_provider, canonical_tier, model_ref
from lynex_server.pricing.overrides import Override, OverrideSet, decode_terms, encode_terms
from lynex_server.pricing.rates import Rates, compile_exact
from lynex_server.pricing.settings import PricingSettings
from lynex_server.pricing.terms import HourWindow, Rate, Terms, TermsKind
from lynex_server.pricing.units import PER, book_unit, is_token_unit, our_unit
from lynex_server.pricing.usage import Usage, normalise_usage

__all__ = [
    "COST_FLAGS",
    "LOCAL_CACHE_HIT",
    "PER",
    "Cost",
    "HourWindow",
    "ListedPrice",
    "ListedRate",
    "Override",
    "OverrideSet",
    "PriceBook",
    "PricingSettings",
    "Rate",
    "Rates",
    "Terms",
    "TermsKind",
    "Usage",
    "book_unit",
    "canonical_provider",
    "canonical_tier",
    "compile_exact",
    "decode_terms",
    "encode_terms",
    "is_token_unit",
    "listed_prices",
    "listed_rates",
    "model_ref",
    "normalise_usage",
    "our_unit",
    "read_community_file",
]
